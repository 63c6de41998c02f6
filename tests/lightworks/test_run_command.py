"""`lwfast run` is `python`, but for what `import lightworks` gives: each program is run both ways."""

import os
import py_compile
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import lwfast as lw
from tests.marks import posix

FAKE = """
from lwfast import State, Unitary
"""
"""What stands for Lightworks under plain Python: enough for these programs, and installed for both runs."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "lightworks.py").write_text(FAKE)
    # What stands for Lightworks comes first: itself may be installed beside the package under test.
    paths = [str(packages), str(Path(lw.__file__).parents[1])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def _ended(*command, flags=()):
    return subprocess.run(
        [sys.executable, *flags, *command],
        capture_output=True,
        text=True,
        errors="backslashreplace",
        check=False,
        timeout=120,
    )


def both(*command, flags=()):
    """Run a program both ways, and hold the two to each other; returns that of `lwfast run`."""
    plain = _ended(*command, flags=flags)
    ours = _ended("-m", "lwfast", "run", *command, flags=flags)
    assert ours.stdout == plain.stdout
    assert _without_addresses(ours.stderr) == _without_addresses(plain.stderr)
    assert ours.returncode == plain.returncode
    return ours


def _without_addresses(text):
    return re.sub("0x[0-9a-f]+", "0x", text)


def write(folder, text, name="program.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return name


LOOK = """
import sys
import lightworks as lw
print(sorted(vars()), __name__, __file__, __package__, __cached__, __doc__, __annotations__)
print(__spec__ and __spec__.name, type(__loader__), __loader__.name, __builtins__)
print(sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals())
print(lw.State([1, 0]), str(lw.Unitary([[1]]).n_modes))
"""


@pytest.mark.parametrize("path", ["program.py", "./program.py", "sub/../program.py", "sub/program.py"])
def test_a_script_sees_what_it_sees_under_python(folder, path):
    (folder / "sub").mkdir()
    write(folder, LOOK, path)
    both(path, "one", "--two", "--", "-m", "--version", "")


def test_a_script_by_a_link(folder):
    write(folder, "import other\n" + LOOK, "real/program.py")
    write(folder, "print('beside the script')", "real/other.py")
    (folder / "link.py").symlink_to("real/program.py")
    both("link.py")


@pytest.mark.parametrize("kind", ["module", "package", "inner"])
def test_a_module_sees_what_it_sees_under_python(folder, kind):
    write(folder, "", "tools/__init__.py")
    for name in ("single.py", "tools/__main__.py", "tools/inner.py"):
        write(folder, LOOK, name)
    both("-m", {"module": "single", "package": "tools", "inner": "tools.inner"}[kind], "one", "-h")


def test_a_folder_and_a_zip_file(folder):
    write(folder, LOOK, "app/__main__.py")
    both("app", "one")
    with zipfile.ZipFile(folder / "app.zip", "w") as file:
        file.write(folder / "app/__main__.py", "__main__.py")
    both("app.zip", "one")


def test_a_compiled_file(folder):
    write(folder, LOOK)
    py_compile.compile("program.py", cfile="program.pyc")
    both("program.pyc")


@pytest.mark.parametrize("flags", [["-P"], ["-O"], ["-W", "error"], ["-X", "utf8"]])
def test_options_of_python(folder, flags):
    write(folder, LOOK + "assert not lw\nprint(sys.flags, sys.warnoptions)")
    both("program.py", flags=flags)


FAILURES = {
    "an error": "def f():\n    raise ValueError(1)\nf()",
    "an error on import": "import broken",
    "an error with a cause": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError(2) from e",
    "an error while another is handled": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}[3]",
    "a group": "raise ExceptionGroup('both', [ValueError(1), TypeError(2)])",
    "no Python": "x = (",
    "an error of lwfast": "import lightworks\nlightworks.State([1])[0] = 2",
    "exit": "import sys; sys.exit()",
    "exit with a number": "import sys; sys.exit(3)",
    "exit with a text": "import sys; sys.exit('all wrong')",
    "exit in a function": "def f():\n    raise SystemExit(4)\ntry:\n    f()\nfinally:\n    print('left')",
    "exit at once": "import os; print('lost?', flush=True); os._exit(5)",
    "an error at exit": "import atexit; atexit.register(lambda: 1 / 0)",
    "an exit and an atexit": "import atexit, sys; atexit.register(print, 'end'); sys.exit(6)",
    "a hook": "import sys\n"
    "sys.excepthook = lambda k, e, t: print(k, e, t.tb_frame.f_code.co_name, t.tb_next)\n1 / 0",
    "a thread": "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='T')\n"
    "t.start(); t.join()\n1/0",
    "a printed traceback": "import traceback\ntry:\n    1 / 0\nexcept ValueError:\n    pass\n"
    "except Exception:\n    traceback.print_exc()",
    "the last traceback": "import sys, atexit\n"
    "atexit.register(lambda: print(sys.last_traceback.tb_lineno))\n\n1/0",
    "an error of the system": "open('nowhere')",
    "a broken pipe": "raise BrokenPipeError",
    "an interrupt": "raise KeyboardInterrupt",
    "a signal": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)",
    "a handled signal": "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n"
    "    time.sleep(30)\nexcept KeyboardInterrupt:\n    print('handled')",
    "surrogates on stdout": "print(chr(0xdc80))",
}


@posix
@pytest.mark.parametrize("what", FAILURES)
def test_programs_end_as_under_python(folder, what):
    write(folder, FAILURES[what])
    write(folder, "def g():\n    return 1 / 0\ng()\n", "broken.py")
    ended = both("program.py")
    assert "lwfast" not in ended.stderr.partition("Traceback")[0].partition("program.py")[0]


@posix
@pytest.mark.parametrize("text", ["1 / 0", "import sys; sys.exit(3)", "raise KeyboardInterrupt", "x = ("])
def test_modules_end_as_under_python(folder, text):
    write(folder, text)
    both("-m", "program")


PROCESSES = """
import multiprocessing, os, pickle, sys
from concurrent.futures import ProcessPoolExecutor
import lightworks as lw

class Thing:
    def __init__(self, n):
        self.n = n

def work(thing):
    import lightworks
    return thing.n, str(lw.State([1, thing.n])), lightworks is lw, __name__, type(thing).__module__, sys.argv

def one(queue):
    queue.put(lw.State([3]))

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    assert pickle.loads(pickle.dumps(Thing(5))).n == 5
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(work, [Thing(1), Thing(2)])))
    queue = context.Queue()
    process = context.Process(target=one, args=(queue,))
    process.start()
    print(queue.get(timeout=60))
    process.join()
    print(process.exitcode)
"""
METHODS = ["spawn", pytest.param("fork", marks=posix), pytest.param("forkserver", marks=posix)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", ["script", "module"])
def test_processes_are_started_as_under_python(folder, method, way):
    write(folder, PROCESSES)
    ended = both(*(["-m", "program"] if way == "module" else ["program.py"]), method)
    assert ended.returncode == 0, ended.stderr


WHO = """
import multiprocessing, sys
import lightworks

def who(_):
    from lightworks.sdk.state import State
    return lightworks.__name__, State.__module__

def grandchild(method):
    with multiprocessing.get_context(method).Pool(1) as pool:
        return pool.map(who, [0])[0]

if __name__ == "__main__":
    method = sys.argv[1]
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["loaded_first"])
    with context.Pool(1) as pool:
        print(pool.map(who, [0])[0])
    process = context.Process(target=print, args=(who(0),))
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        print(pool.submit(grandchild, method).result())
"""


@pytest.mark.parametrize("method", METHODS)
def test_children_and_their_children_get_lwfast(folder, method):
    """Also where a forkserver loads a module first that imports Lightworks."""
    write(folder, WHO)
    write(folder, "import lightworks", "loaded_first.py")
    ended = _ended("-m", "lwfast", "run", "program.py", method)
    assert ended.stdout.splitlines() == ["('lwfast', 'lwfast.state')"] * 2, ended.stderr


def test_pickles_load_outside(folder):
    """What a program pickles names lwfast, so that any program with lwfast reads it."""
    write(
        folder,
        """
        import pickle, lightworks as lw
        with open("state.pickle", "wb") as file:
            pickle.dump([lw.State([1, 2]), lw.PhotonicCircuit(2)], file)
        """,
    )
    assert _ended("-m", "lwfast", "run", "program.py").returncode == 0
    read = _ended("-c", "import pickle; print(pickle.load(open('state.pickle', 'rb'))[0])")
    assert read.stdout == "|1,2>\n", read.stderr


def test_what_is_not_there_is_one_line(folder):
    ended = _ended("-m", "lwfast", "run", "nothing.py")
    assert ended.returncode == 2
    path = str(folder / "nothing.py")
    assert ended.stderr == f"lwfast: Cannot open the program {path!r}: No such file or directory.\n"
    ended = _ended("-m", "lwfast", "run", "-m", "nothing")
    assert ended.returncode == 1
    assert ended.stderr.endswith("No module named nothing\n")
    assert ended.stderr.count("\n") == 1


def test_absent_names_give_the_page(folder):
    write(folder, "from lightworks.emulator.backends import SLOSBackend")
    ended = _ended("-m", "lwfast", "run", "program.py")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("ImportError: ")
    assert "docs/compatibility.md" in ended.stderr
