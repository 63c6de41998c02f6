"""The folder of a user's data: tokens, settings, and where a scheduler of theirs says that it runs."""

from __future__ import annotations

import os
from pathlib import Path

from lwfast._base.files.to_disk import folder_to_disk


def own_folder() -> Path:
    """Name lwfast's data folder, without making it; `LWFAST_CONFIG_DIR` overrides it."""
    override = os.environ.get("LWFAST_CONFIG_DIR")
    if override:
        # Unlike Path's, this does not raise where there is no home folder; see `make_folder`.
        return Path(os.path.expanduser(override))  # noqa: PTH111
    import platformdirs

    return platformdirs.user_data_path("lwfast", appauthor=False)


def make_folder(folder: Path) -> None:
    """Make lwfast's data folder, where it is not there yet; whoever writes into it calls this first.

    Raises:
        OSError: It cannot be made, or would be a folder "~" of whatever the working folder is, since this
            user, or the one that is named behind the "~", has no home folder.
    """
    if folder.parts and folder.parts[0].startswith("~"):
        raise FileNotFoundError(
            f"{folder.parts[0]} stands for no home folder; set LWFAST_CONFIG_DIR to another folder."
        )
    make_private(folder)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone (mode 0700), also on the disk.

    A folder that is there keeps its mode. `Path.mkdir(parents=True)` gives its mode to the last folder only,
    so that the folder of the tokens would be open to all where something below it is written first.

    Raises:
        OSError: One of them cannot be made.
    """
    if not folder.parent.exists():
        make_private(folder.parent)
    is_new = not folder.exists()
    folder.mkdir(mode=0o700, exist_ok=True)
    if is_new:
        folder_to_disk(folder.parent)
