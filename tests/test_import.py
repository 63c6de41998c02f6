"""`import lwfast` costs next to nothing: no heavy package, no disk, no warning."""

import os
from pathlib import Path

import pytest

import lwfast
from tests.started import said_by_python

HEAVY = (
    "qiskit",
    "sympy",
    "numba",
    "requests",
    "pandas",
    "matplotlib",
    "scipy",
    "pyarrow",
    "tqdm",
    "starlette",
    "uvicorn",
    "jinja2",
    "sqlite3",
)

SLOW = (
    "argparse",
    "concurrent.futures",
    "csv",
    "email",
    "html",
    "importlib.metadata",
    "json",
    "logging",
    "msgspec",
    "multiprocessing",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "tomllib",
    "uuid",
    "zipfile",
)
"""Half a millisecond to ten each, and of no use to who makes a task and runs it here."""
TASK = "lw.Sampler(lw.Unitary(np.eye(4)), lw.State([1, 0, 0, 0]), 10, random_seed=1)"


def _run(code, **env):
    return said_by_python(code, "-W", "error", seconds=240, **env)


@pytest.mark.parametrize(
    "module", ["lwfast", "lwfast.remote", "lwfast.emulator", "lwfast.qubit", "lwfast.cli"]
)
def test_loads_nothing_heavy(module):
    """Neither the package nor its parts load a heavy library before it is used."""
    loaded = _run(
        f"import sys, {module}; print(*sorted({{n.partition('.')[0] for n in sys.modules}}))"
    ).split()
    assert not set(HEAVY) & set(loaded)


def test_objects_load_nothing_heavy():
    """A task can be described without any heavy library."""
    code = (
        "import sys, lwfast as lw\n"
        "lw.Sampler(lw.PhotonicCircuit(4), lw.State([1, 0, 0, 0]), 10)\n"
        "print(*sorted({n.partition('.')[0] for n in sys.modules}))"
    )
    assert not set(HEAVY) & set(_run(code).split())


@pytest.mark.parametrize(
    "code", ["import lwfast", "import lwfast, lwfast.remote, lwfast.emulator", f"import lwfast as lw; {TASK}"]
)
def test_loads_little_beside_numpy(code):
    """Neither the package nor a task needs what takes long to load."""
    code = f"import sys, numpy as np; before = set(sys.modules); {code}; print(*set(sys.modules) - before)"
    # Else an extension in a source tree would be compared with its sources, which reads all of them.
    loaded = _run(code, LWFAST_JIT="1")
    assert not {*SLOW, "secrets"} & set(loaded.split())


def test_a_run_loads_no_errors_of_jobs():
    """The errors of the client are read once something names one of them."""
    code = (
        f"import sys, numpy as np, lwfast as lw; lw.emulator.Backend('auto').run({TASK}); print(*sys.modules)"
    )
    loaded = _run(code).split()
    assert "lwfast.errors.task_errors" in loaded
    assert "lwfast.errors.job_errors" not in loaded


def test_a_run_loads_little_beside_numpy_and_numba():
    """What Numba itself loads is not looked at: only who of the package asks for one of these."""
    code = (
        "import builtins\n"
        "real, found = builtins.__import__, set()\n"
        "def note(name, globals=None, locals=None, fromlist=(), level=0):\n"
        "    who = str((globals or {}).get('__name__'))\n"
        "    if who.startswith('lwfast.') and not who.startswith('lwfast._kernels.'):\n"
        f"        wanted = {{name, *(f'{{name}}.{{part}}' for part in fromlist or ())}} & {set(SLOW)}\n"
        "        found.update(f'{who}:{one}' for one in wanted)\n"
        "    return real(name, globals, locals, fromlist, level)\n"
        "builtins.__import__ = note\n"
        "import numpy as np, lwfast as lw\n"
        f"assert sum(lw.emulator.Backend('auto').run({TASK}).values()) == 10\n"
        "print(*sorted(found))\n"
    )
    assert _run(code).split() == []


def test_help_loads_no_numpy():
    """`lwfast --help` is there at once."""
    code = (
        "import sys\n"
        "from lwfast.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    print('loaded:', *sys.modules)"
    )
    loaded = set(_run(code).rpartition("loaded:")[2].split())
    # Click and Python's own modules that it loads; nothing of what a command needs once it runs.
    of_click = {"pathlib", "shutil", "uuid"}
    assert not {"numpy", "rich", *HEAVY, *SLOW} & loaded - of_click


def test_touches_no_disk(tmp_path):
    """Importing opens no file but the code itself, makes no folder and asks for no home."""
    code = (
        "import sys\n"
        "opened = []\n"
        "def note(event, args):\n"
        "    if event in ('open', 'os.mkdir', 'os.listdir', 'socket.connect', 'subprocess.Popen'):\n"
        "        opened.append((event, str(args[0])))\n"
        "sys.addaudithook(note)\n"
        "import lwfast, lwfast.remote, lwfast.emulator\n"
        "for event, path in opened: print(event, path)\n"
    )
    out = _run(code, HOME=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    strange = [
        line
        for line in out.splitlines()
        if not (line.startswith("open ") and line.endswith((".py", ".pyi", ".pyc", ".so")))
        and not line.startswith("os.listdir ")  # the import system's own look for modules
    ]
    assert strange == []
    assert list(tmp_path.iterdir()) == []


def test_unknown_name():
    """A name that does not exist is an AttributeError, as for any module."""
    with pytest.raises(AttributeError, match="no attribute 'teleport'"):
        lwfast.teleport  # noqa: B018


def test_every_name_has_a_home():
    """Each public name resolves, and `dir` lists it."""
    for name in lwfast.__all__:
        assert getattr(lwfast, name) is not None
    assert set(lwfast.__all__) <= set(dir(lwfast))


def test_functions_are_not_shadowed_by_modules():
    """Importing a submodule first does not hide the function of a like name."""
    code = (
        "import importlib, pkgutil, types, lwfast\n"
        "def load(path, prefix):\n"
        "    for m in pkgutil.iter_modules(path, prefix):\n"
        "        if m.name not in ('lwfast.scheduler', 'lwfast.torch', 'lwfast.jax', 'lwfast.__main__'):\n"
        "            module = importlib.import_module(m.name)\n"
        "            if m.ispkg:\n"
        "                load(module.__path__, m.name + '.')\n"
        "load(lwfast.__path__, 'lwfast.')\n"
        "modules = {'emulator', 'errors', 'interferometers', 'qubit', 'remote', 'tomography', "
        "'visualisation'}\n"
        "print(*[n for n in lwfast.__all__ if n not in modules and "
        "isinstance(getattr(lwfast, n), types.ModuleType)])"
    )
    assert _run(code).split() == []


@pytest.mark.skipif(
    os.environ.get("LWFAST_TESTS_ON_WHEEL") != "1", reason="only where the wheel is under test"
)
def test_the_wheel_is_under_test():
    """Under tox the tests import the installed package, not the checkout."""
    assert "site-packages" in Path(lwfast.__file__).parts


def test_how_kernels_are_compiled_is_their_rooms_own():
    """No file outside of the kernels imports those of them that have an underscore; `report` tells of them.

    But for the padding of the arrays that kernels take, which whoever allocates them has to know.
    """
    root = Path(lwfast.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if "_kernels" not in path.relative_to(root).parts:
            text = path.read_text(encoding="utf-8").replace("lwfast._kernels._simd import PADDING", "")
            assert "lwfast._kernels._" not in text, path
