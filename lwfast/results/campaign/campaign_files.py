"""The files of a campaign: what is known of each, and which are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lwfast.results.campaign.gathering import Work
from lwfast.results.campaign.ran_files import RanFiles

if TYPE_CHECKING:
    from lwfast.results.campaign.groups import CampaignGroups
    from lwfast.results.processing.named_columns import NamedColumns


class CampaignFiles(RanFiles):
    """Result files, what is done with each, and what became of them; `Campaign` adds the sums.

    Args:
        paths: The files, in order.
        work: What is done with each.
        files: What is known of each; None to read it when it is asked for.
    """

    def __init__(self, paths: tuple[Path, ...], work: Work, files: NamedColumns | None = None) -> None:
        super().__init__(paths, work)
        self.paths = paths
        self._files = files

    @property
    def files(self) -> NamedColumns:
        """A table with `path`, metadata, parameters and the rules of the job of each file.

        Read once, without the counts where the form of a file allows that. A file that cannot be read has
        the reason in the column `error`. It reads as a dict of columns, so that its length is their number;
        the number of files is `files.n_rows`, or the length of the campaign.
        """
        if self._files is None:
            from lwfast.results.campaign.file_facts import facts_of
            from lwfast.results.processing.named_columns import NamedColumns

            self._files = NamedColumns([facts_of(path) for path in self.paths], ["path"])
        return self._files

    @property
    def metadata(self) -> dict[str, list[Any]]:
        """The columns of `files` apart from `path` and `error`, each a list with a value for each file."""
        return {name: column for name, column in self.files.items() if name not in ("path", "error")}

    def where(self, **wanted: Any) -> Self:
        """Keep the files whose metadata have certain values.

        `campaign.where(qpu="Artemis", theta=[0.1, 0.2])` keeps the files of that QPU at two settings. A file
        that cannot be read stays, to be reported when the campaign is run.

        Args:
            **wanted: For each column of `files`: a value, several of which one is enough (a list, tuple, set
                or range), or a callable that takes the value (None for a file without one). Numbers are equal
                up to a part in 10^9 of the largest in the column.

        Raises:
            ValueError: If there is no such column, or no file is left.
        """
        self._check_columns(wanted)
        scales = {name: _largest(self.files[name]) for name in wanted}
        return self.filter(
            lambda row: all(_meets(row.get(name), value, scales[name]) for name, value in wanted.items())
        )

    def filter(self, keep: Callable[[dict[str, Any]], Any]) -> Self:
        """Keep the files that a function accepts.

        Args:
            keep: Takes a row of `files` as a dict. It is not asked about a file that cannot be read, which
                stays, to be reported when the campaign is run.

        Raises:
            TypeError: If it is not callable.
            ValueError: If no file is left.
        """
        if not callable(keep):
            raise TypeError(f"filter takes a function of a row of files, not {type(keep).__name__}.")
        rows = self.files.rows()
        taken = [k for k, row in enumerate(rows) if row.get("error") is not None or keep(row)]
        if not taken:
            raise ValueError(f"None of the {len(self.paths)} files is left; see the columns in `files`.")
        return self._taking(taken)

    def group_by(self, *names: str | Sequence[str]) -> CampaignGroups:
        """Group the files by columns of `files`, for sums and means of each group.

        `campaign.group_by("theta").expectation(observable)` is a mean with its error for each theta.

        Args:
            *names: One column or several; or one list of them, as pandas takes it.

        Raises:
            TypeError: If a name is not text.
            ValueError: If there is no such column, or none is named.
        """
        listed = names[0] if len(names) == 1 and isinstance(names[0], list | tuple) else names
        if not listed:
            raise ValueError("Name at least one column of `files` to group by.")
        columns = [name for name in listed if isinstance(name, str)]
        if len(columns) < len(listed):
            odd = next(name for name in listed if not isinstance(name, str))
            raise TypeError(
                f"group_by takes names of columns, as in group_by('theta', 'phi'), not {odd!r:.80} of type "
                f"{type(odd).__name__}."
            )
        self._check_columns(columns)
        from lwfast.results.campaign.groups import CampaignGroups

        return CampaignGroups(self.paths, self.files, columns, self._work)

    def _check_columns(self, names: Any) -> None:
        known = [name for name in self.files if name != "error"]
        for name in names:
            if name not in known:
                raise ValueError(f"No file has the column {name!r}; there are {', '.join(known)}.")

    def __len__(self) -> int:
        return len(self.paths)

    def _taking(self, rows: Sequence[int]) -> Self:
        from lwfast.results.processing.named_columns import NamedColumns

        table = self.files.rows()
        kept = NamedColumns([table[k] for k in rows], list(self.files))
        return type(self)(tuple(self.paths[k] for k in rows), self._work, kept)


def _meets(value: Any, wanted: Any, scale: float) -> bool:
    from lwfast.results.campaign.file_facts import same_value

    if callable(wanted):
        return bool(wanted(value))
    if isinstance(wanted, list | tuple | set | frozenset | range):
        return any(same_value(value, one, scale) for one in wanted)
    return same_value(value, wanted, scale)


def _largest(column: Sequence[Any]) -> float:
    """Return the largest magnitude of the numbers of a column; 0 where it has none."""
    from lwfast.results.campaign.file_facts import is_number

    return max((abs(value) for value in column if is_number(value)), default=0.0)
