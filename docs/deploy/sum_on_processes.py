"""The sum of a campaign, added up by a pool of processes."""

from concurrent.futures import ProcessPoolExecutor

import lwfast as lw


def has_one_photon_in_front(state):
    """A function of the module, and no lambda: worker processes import it."""
    return state[0] == 1


def main():
    campaign = lw.scan_results("runs").post_select(has_one_photon_in_front)
    with ProcessPoolExecutor(2) as pool:
        total = campaign.merge(executor=pool)
    print(f"{total.n_samples} samples of {total.metadata['files']} files")


if __name__ == "__main__":
    main()
