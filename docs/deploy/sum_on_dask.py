"""The sum of a campaign, added up by a dask cluster, here of two processes on this machine."""

from dask.distributed import Client

import lwfast as lw


def main():
    campaign = lw.scan_results("runs").post_select(lambda state: state[0] == 1)
    with Client(n_workers=2, threads_per_worker=1) as client:  # or Client("tcp://10.0.0.1:8786")
        total = campaign.merge(executor=client.get_executor())
    print(f"{total.n_samples} samples of {total.metadata['files']} files")


if __name__ == "__main__":
    main()
