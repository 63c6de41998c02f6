from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lwfast import remote

ROOT = Path(__file__).parents[2]


def run(code: str, cwd: Path) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=True, timeout=240
    ).stdout.strip()


@pytest.mark.parametrize(
    "name", ["requests", "urllib3", "numba", "pandas", "tqdm", "matplotlib", "platformdirs"]
)
def test_importing_loads_nothing_heavy(name, tmp_path):
    assert run(f"import lwfast.remote; print({name!r} in sys.modules)", tmp_path) == "False"


def test_setting_a_token_loads_no_http_library(tmp_path):
    code = "from lwfast import remote; remote.token.set('x'); print('requests' in sys.modules)"
    assert run(code, tmp_path) == "False"


def test_importing_touches_no_disk_and_warns_of_nothing(folders, monkeypatch):
    monkeypatch.setenv("HOME", str(folders / "nowhere"))
    code = "import warnings; before = warnings.formatwarning; from lwfast.remote import Client; "
    code += "print(before is warnings.formatwarning)"
    assert run(code, folders) == "True"
    assert not (folders / "nowhere").exists()
    assert not (folders / "lwfast").exists()


@pytest.mark.parametrize("name", remote.__all__)
def test_every_name_is_there(name):
    assert getattr(remote, name) is not None
    assert name in dir(remote)


def test_functions_are_not_hidden_by_files_of_their_name():
    """`remote.job` must stay a function whatever was imported below `lwfast.remote`."""
    import pkgutil

    files = {item.name for item in pkgutil.iter_modules(remote.__path__)}
    assert not files & set(remote.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = remote.nothing_such
