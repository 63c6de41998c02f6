"""lwfast without any extra: it imports, works, and names the extra where one is needed."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import lwfast as lw

NEEDS_EXTRA = ("lwfast.scheduler", "lwfast.torch", "lwfast.jax")
NOT_FOR_IMPORT = ("__main__", "lwfast.lightworks.preloaded")
"""Programs, and what takes Lightworks' place as soon as it is imported (see `tests/lightworks`)."""


def _modules(path=lw.__path__, prefix="lwfast."):
    """Name all modules, without importing the rooms that say at once what they need."""
    for module in pkgutil.iter_modules(path, prefix):
        yield module.name
        if module.ispkg and not module.name.startswith(NEEDS_EXTRA):
            yield from _modules(importlib.import_module(module.name).__path__, f"{module.name}.")


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in _modules()
        if not n.startswith(NEEDS_EXTRA) and not any(part in n for part in NOT_FOR_IMPORT)
    ],
)
def test_every_module_imports(name):
    """No module needs an extra to be imported, but for the server's own and wrappers of other packages."""
    importlib.import_module(name)


def test_every_public_name():
    """Each name of `__all__` can be looked up."""
    for name in lw.__all__:
        assert getattr(lw, name) is not None


def test_sampling_works():
    """A task can be made and run with numpy and numba alone."""
    sampler = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), 100, random_seed=1)
    result = lw.emulator.Backend("auto").run(sampler)
    assert sum(result.values()) == 100


@pytest.mark.parametrize(
    ("call", "extra"), [("plot(show=False)", "plot"), ("to_pandas()", "frames"), ("to_arrow()", "arrow")]
)
def test_missing_extra_is_named(call, extra):
    """What needs an extra says which, and how to install it."""
    package = {"plot": "matplotlib", "frames": "pandas", "arrow": "pyarrow"}[extra]
    if importlib.util.find_spec(package) is not None:
        pytest.skip(f"{package} is installed here")
    sampler = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), 100, random_seed=1)
    namespace = {"result": lw.emulator.Backend("auto").run(sampler)}
    with pytest.raises(lw.LightworksDependencyError, match=rf"lwfast\[{extra}\]"):
        eval(f"result.{call}", namespace)


@pytest.mark.parametrize("package", ["torch", "jax"])
def test_wrappers_name_their_extra(package):
    if importlib.util.find_spec(package) is not None:
        pytest.skip(f"{package} is installed here")
    with pytest.raises(lw.LightworksDependencyError, match=rf"lwfast\[{package}\]"):
        importlib.import_module(f"lwfast.{package}")


def test_converter_names_its_extra(monkeypatch):
    """Gates of qubits need no extra, circuits of Qiskit do; whether it is installed or not."""
    assert lw.qubit.CNOT().input_modes == 4
    monkeypatch.setitem(sys.modules, "qiskit", None)  # importing it fails
    with pytest.raises(lw.LightworksDependencyError, match=r"lwfast\[qiskit\]"):
        lw.qubit.qiskit_converter(None)


@pytest.mark.parametrize("convert", ["from_perceval", "to_perceval"])
def test_conversions_name_their_extra(monkeypatch, convert):
    """Converting from or to Perceval says what to install, whether it is installed or not."""
    monkeypatch.setitem(sys.modules, "perceval", None)  # importing it fails
    with pytest.raises(lw.LightworksDependencyError, match=r"lwfast\[perceval\]"):
        getattr(lw, convert)(lw.State([1]))


def test_serve_names_its_extra():
    """`lwfast serve` without Starlette says what to install."""
    if importlib.util.find_spec("starlette") is not None:
        pytest.skip("starlette is installed here")
    done = subprocess.run(
        [sys.executable, "-m", "lwfast", "serve"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "lwfast[server]" in done.stderr


def _command(*words):
    """Run the `lwfast` command as installed, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "lwfast", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_works(tmp_path, monkeypatch):
    """Help, a table and an error in a line; the packages for these are no extra."""
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path))
    assert "Usage: lwfast" in _command("--help").stdout
    result = lw.merge_results([lw.load_result(_saved(tmp_path))])
    assert result.n_samples == 3
    shown = _command("compare", str(tmp_path / "r.json"), str(tmp_path / "r.json"))
    assert "total variation distance" in shown.stdout, shown.stderr
    failed = _command("jobs")
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)


def _saved(folder):
    path = folder / "r.json"
    path.write_text('{"0, 1": 1, "1, 0": 2}')
    return path


def test_plot_names_its_extra(tmp_path):
    if importlib.util.find_spec("matplotlib") is not None:
        pytest.skip("matplotlib is installed here")
    failed = _command("plot", str(_saved(tmp_path)))
    assert (failed.returncode, "lwfast[plot]" in failed.stderr) == (1, True)
