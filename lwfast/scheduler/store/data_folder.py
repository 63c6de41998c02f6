"""What a start does in the data folder, besides opening the store."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lwfast._base.files.own_files import why
from lwfast._base.files.user_folder import make_private
from lwfast.scheduler.faults import StoreOpenError
from lwfast.scheduler.owners import OWNERS_FILE
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.result_files import remove, written_for
from lwfast.scheduler.store.store import Store
from lwfast.scheduler.store.writer import Writer


def make_folder(folder: Path) -> None:
    """Make a folder for this user alone, if it is missing.

    Raises:
        StoreOpenError: It cannot be made.
    """
    try:
        make_private(folder)
    except OSError as error:
        raise StoreOpenError(
            f"The folder {folder} cannot be made: {why(error)}; "
            "correct that, or choose another data folder with --data-dir."
        ) from error


def check_is_of_a_scheduler(folder: Path) -> None:
    """Check that a scheduler has used a folder, so that a mistyped name does not become a folder of its own.

    Raises:
        StoreOpenError: Neither a store nor a file of owners is in it, or it cannot be read.
    """
    if _is_there(folder / STORE_FILE) or _is_there(folder / OWNERS_FILE):
        return
    what = "holds no data of a scheduler" if _is_there(folder) else "does not exist"
    raise StoreOpenError(
        f"The folder {folder} {what}, and nothing was written: name the folder of your scheduler with "
        f"--data-dir, or let a scheduler make this one by starting `lwfast serve --data-dir {folder}`."
    )


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreOpenError(
            f"{path} cannot be looked at: {why(error)}; run this as the user of the scheduler."
        ) from error
    return True


async def remove_leftovers(writer: Writer, results_dir: Path) -> None:
    """Remove what workers have begun to write for jobs of this store, and what these jobs do not refer to.

    Such a job ended otherwise, or will run again. Nothing is being written now: no worker has been started,
    and the store is locked.
    """
    known = await writer.submit(Store.result_files)
    for path, owner in list(written_for(results_dir, known)):
        is_begun = path.name.startswith(".")
        question = partial(Store.knows if is_begun else Store.has_no_result, job=owner)
        if await writer.submit(question):
            remove(path)
