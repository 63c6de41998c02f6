from __future__ import annotations

import os

import pytest

from lwfast._base.memory import check_memory, control_group_limits, memory_limit, readable_bytes
from lwfast.errors import ResourceLimitError


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "-5", "0", "4GB", "much"])
def test_a_wrong_limit_is_named(value, monkeypatch):
    """What is no positive number of bytes is an error that quotes it."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", value)
    with pytest.raises(ValueError, match="LWFAST_MAX_MEMORY should be a positive number of bytes"):
        memory_limit()


def test_limits(monkeypatch):
    """The variable sets the limit; without it, it is at most half of the machine."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "4e9")
    assert memory_limit() == 4_000_000_000
    monkeypatch.delenv("LWFAST_MAX_MEMORY")
    assert 0 < memory_limit() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def test_control_groups(tmp_path):
    """Limits of version 2 and version 1 count, those of the groups above among them; "max" is none."""
    membership = tmp_path / "cgroup"
    root = tmp_path / "fs"
    (root / "job" / "step").mkdir(parents=True)
    (root / "job" / "step" / "memory.max").write_text("max\n")
    (root / "job" / "memory.max").write_text("5000\n")
    (root / "memory" / "old").mkdir(parents=True)
    (root / "memory" / "old" / "memory.limit_in_bytes").write_text("7000\n")
    membership.write_text("0::/job/step\n")
    assert control_group_limits(membership, root) == [5000]
    membership.write_text("3:cpu,cpuacct:/old\n2:memory,hugetlb:/old\n0::/\n")
    assert control_group_limits(membership, root) == [7000]
    (root / "memory.max").write_text("6000")
    membership.write_text("0::/docker/elsewhere\n")
    assert control_group_limits(membership, root) == [6000]
    membership.write_text("nonsense")
    assert control_group_limits(membership, root) == [6000]
    assert control_group_limits(tmp_path / "nothing", root) == []


def test_sizes_are_readable():
    """Three digits and a unit, and numbers beyond every unit and every float too."""
    assert [readable_bytes(n) for n in (0, 999, 1500, 31_100_000, 2 * 10**16)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "31.1 MB",
        "20 PB",
    ]
    assert readable_bytes(5 * 10**19) == "50 EB"
    assert readable_bytes(10**400) == "10^400 bytes"
    with pytest.raises(ResourceLimitError, match=r"A table would take about 2 kB .* 1 kB .* Ask for less\."):
        check_memory(2000, "A table", limit=1000, remedy="Ask for less.")
