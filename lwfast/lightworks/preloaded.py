"""Takes Lightworks' place when it is imported: the first module that a forkserver loads."""

from lwfast.lightworks.stand_in import install

install()
