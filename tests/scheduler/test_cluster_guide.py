"""The programs of the guide to clusters."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.marks import posix
from tests.scheduler.harness import PYTHONPATH, ROOT
from tests.started import PATIENCE

PROGRAMS = Path(os.environ.get("LWFAST_TESTED_SOURCES", ROOT)) / "docs" / "deploy"


def program(name):
    if not PROGRAMS.is_dir():
        pytest.skip("needs the documentation")
    return PROGRAMS / name


@posix
def test_the_form_of_a_slurm_job(monkeypatch):
    """What would be handed to sbatch starts one dask worker with all threads, which leaves in time."""
    pytest.importorskip("dask_jobqueue", reason="needs dask-jobqueue")
    spec = importlib.util.spec_from_file_location("slurm_cluster", program("slurm_cluster.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cluster = module.make_cluster(
        scheduler_options={"port": 0, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    )
    try:
        script = cluster.job_script()
    finally:
        cluster.close()
    for line in (
        "#SBATCH -p compute",
        "#SBATCH -A photonics",
        "#SBATCH --cpus-per-task=16",
        "#SBATCH -t 08:00:00",
    ):
        assert line in script.splitlines()
    assert f"dask_worker {cluster.scheduler_address} " in script
    assert "--nthreads 16 " in script
    assert "--nworkers" not in script
    assert "--lifetime 470m" in script


@posix
def test_the_program_for_mpi():
    """Three processes give what one does, and two of them have computed it."""
    pytest.importorskip("mpi4py", reason="needs mpi4py")
    mpiexec = shutil.which(
        "mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    if mpiexec is None:
        pytest.skip("needs the command mpiexec")
    # As root, and with more processes than cores, Open MPI starts none without being told.
    allowed = dict.fromkeys(
        [f"{name}_ALLOW_RUN_AS_ROOT{more}" for name in ("OMPI", "PRTE") for more in ("", "_CONFIRM")], "1"
    )
    done = subprocess.run(
        [mpiexec, "-n", "3", sys.executable, "-m", "mpi4py.futures", program("mpi_scan.py")],
        env=os.environ
        | allowed
        | {"PYTHONPATH": PYTHONPATH, "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "12 results, the same as in one process: True",
        "computed by the processes [1, 2]",
    ]
