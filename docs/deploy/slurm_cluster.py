"""Keep a dask cluster in the queues of SLURM, for `lwfast serve --executor dask://HOST:8786`."""

import signal

from dask_jobqueue import SLURMCluster


def make_cluster(**changes):
    """A dask scheduler in this process, and a form of SLURM job that brings one dask worker."""
    settings = {
        "queue": "compute",
        "account": "photonics",
        "cores": 16,  # lwfast runs so many jobs at once on each worker
        "processes": 1,
        "memory": "64GB",
        "walltime": "08:00:00",
        # A worker leaves before SLURM ends it, and not all of them at once.
        "worker_extra_args": ["--lifetime", "470m", "--lifetime-stagger", "5m"],
        # A fixed port: lwfast finds the cluster again when this program was restarted.
        "scheduler_options": {"port": 8786, "dashboard_address": None},
        "job_script_prologue": ["source /shared/lwfast/bin/activate"],
        "python": "python",
    }
    return SLURMCluster(**settings | changes)


def keep(cluster, jobs, seconds=60):
    """Replace workers that have ended, until Ctrl-C or SIGTERM."""
    while True:
        cluster.scale(jobs=jobs)  # and not `adapt`; see below
        if signal.sigtimedwait({signal.SIGINT, signal.SIGTERM}, seconds):
            break
    cluster.close()


if __name__ == "__main__":
    ours = make_cluster()
    print(ours.scheduler_address, flush=True)
    keep(ours, jobs=4)
