"""lwfast without any extra: it imports, works, and names the extra where one is needed."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import lwfast as lw

NEEDS_SERVER = ("lwfast.scheduler",)


def _modules():
    return [module.name for module in pkgutil.walk_packages(lw.__path__, "lwfast.")]


@pytest.mark.parametrize(
    "name", [n for n in _modules() if not n.startswith(NEEDS_SERVER) and "__main__" not in n]
)
def test_every_module_imports(name):
    """No module needs an extra to be imported, but for the server's own."""
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


def test_serve_names_its_extra():
    """`lwfast serve` without Starlette says what to install."""
    if importlib.util.find_spec("starlette") is not None:
        pytest.skip("starlette is installed here")
    done = subprocess.run(
        [sys.executable, "-m", "lwfast", "serve"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "lwfast[server]" in done.stderr
