"""Whether an installed extension is still what was installed, for those who may take a moment to look."""

from __future__ import annotations

import base64
import hashlib
from importlib import metadata
from pathlib import Path


def changed_since_installed() -> str | None:
    """Return the path of an extension that is not what pip installed, by pip's own record of digests.

    None where it is what was installed; where pip's record cannot be read; and in a checkout, which has no
    such record, and whose extension is looked at when it is loaded.
    """
    here = Path(__file__).parent
    try:
        files = metadata.files("lwfast") or []
    except (metadata.PackageNotFoundError, OSError):
        return None
    for file in files:
        path = Path(str(file.locate()))
        if path.parent != here or not path.name.startswith("_native.") or file.hash is None:
            continue
        try:
            digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
        except (OSError, ValueError):  # it is gone, or the record has a form that is not known
            return str(path)
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            return str(path)
    return None
