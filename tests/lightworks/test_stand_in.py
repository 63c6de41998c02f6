"""`import lightworks` gives lwfast where it was asked to, and Lightworks again once it was asked not to."""

from tests.lightworks.test_run_command import write
from tests.started import said_by_python


def _run(code):
    return said_by_python(code).split()


def test_every_path_is_ours():
    """Names, deep paths and the client have the identity of ours."""
    assert _run(
        "from lwfast.lightworks import install\n"
        "install(); install()\n"
        "import sys, lightworks, lightworks_remote, lwfast\n"
        "import lightworks.sdk.results as results, lightworks.emulator\n"
        "from lightworks import remote\n"
        "from lightworks.sdk.circuit.photonic_circuit import PhotonicCircuit\n"
        "from lightworks_remote.http.status import Status\n"
        "from lightworks_remote.token import token, Token\n"
        "assert lightworks is lwfast and lightworks_remote is lwfast.remote is remote\n"
        "assert lightworks.emulator is lwfast.emulator and lwfast.emulator.__name__ == 'lwfast.emulator'\n"
        "assert results is sys.modules['lwfast.sdk.results']\n"
        "assert results.__spec__.name == 'lwfast.sdk.results'\n"
        "assert PhotonicCircuit is lwfast.PhotonicCircuit and Status is remote.Status\n"
        "assert token is remote.token is lightworks_remote.token and type(token) is Token\n"
        "assert [name for name in sys.modules if name.startswith('lightworks.__')] == []\n"
        "assert lwfast.__spec__.name == 'lwfast'\n"
        "print('good')"
    ) == ["good"]


def test_versions_are_those_that_are_matched():
    code = (
        "import lwfast.lightworks; lwfast.lightworks.install()\n"
        "from importlib.metadata import version, distributions\n"
        "from importlib.util import find_spec\n"
        "print(version('lightworks'), version('lightworks_remote'), version('lightworks-remote'))\n"
        "print(find_spec('lightworks').origin, find_spec('lightworks.nothing'), version('numpy') != '')\n"
    )
    assert _run(code) == ["2.3.5", "1.3.0", "1.3.0", "lwfast", "None", "True"]


def test_a_notebook_loads_and_unloads_it():
    """Unloaded, an import gives what is installed; what was imported stays."""
    code = (
        "import sys, lwfast, lwfast.lightworks as extension\n"
        "extension.load_ipython_extension(None)\n"
        "import lightworks.sdk.state\n"
        "before = list(sys.meta_path)\n"
        "extension.unload_ipython_extension(None)\n"
        "assert lightworks is lwfast and not [n for n in sys.modules if n.startswith('lightworks')]\n"
        "import multiprocessing.spawn as spawn\n"
        "assert 'lwfast' not in spawn.get_preparation_data('x')\n"
        "sys.path.insert(0, '.')\n"
        "print(len(before) - len(sys.meta_path))\n"
    )
    assert _run(code) == ["1"]


def test_what_was_imported_before_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "", "lightworks.py")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import lightworks, lwfast.lightworks\n"
        "try:\n    lwfast.lightworks.install()\n"
        "except ImportError as error:\n    print(error.name, 'restart' in str(error), len(sys.meta_path))\n"
        "import lwfast.sdk.circuit\n"
    )
    name, says, _ = _run(code)
    assert (name, says) == ("lightworks", "True")
