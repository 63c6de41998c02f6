"""What needs an optional package says which extra brings it, and the rest works without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lwfast.errors import LightworksDependencyError
from lwfast.results import SamplingResult, SimulationResult


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        ("pandas", "frames", lambda r, p: r.to_pandas()),
        ("pandas", "frames", lambda r, p: r.display_as_dataframe()),
        ("pyarrow", "arrow", lambda r, p: r.to_arrow()),
        ("pyarrow", "arrow", lambda r, p: r.__arrow_c_stream__()),
        ("pyarrow", "arrow", lambda r, p: r.save(p / "a.parquet")),
        ("matplotlib.pyplot", "plot", lambda r, p: r.plot()),
    ],
)
def test_the_extra_is_named(monkeypatch, tmp_path, module, extra, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LightworksDependencyError, match=rf"lwfast\[{extra}\]"):
        call(SamplingResult({(0, 1): 3}), tmp_path)
    assert not (tmp_path / "a.parquet").exists()


def test_polars_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(LightworksDependencyError, match="pip install polars"):
        SamplingResult({(0, 1): 3}).to_polars()


def test_simulations_name_it_too(monkeypatch):
    result = SimulationResult([[1.0]], "probability", [(1,)], [(1,)])
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for call in (result.display_as_dataframe, result.plot):
        with pytest.raises(LightworksDependencyError):
            call()


def test_a_small_result_loads_nothing_heavy():
    """Four states are read, shown and saved without Numba and what else is large."""
    code = (
        "import sys, tempfile, pathlib\n"
        "from lwfast.results import SamplingResult\n"
        "r = SamplingResult({(0, 1): 3, (1, 0): 4}); r[0, 1]; repr(r); r == r; r.top(1); r.map('parity')\n"
        "heavy = {'numba', 'pandas', 'matplotlib', 'pyarrow', 'requests', 'scipy', 'msgspec'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
