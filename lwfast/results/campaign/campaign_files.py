"""The files of a campaign: what is known of each, and which are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, Self

from lwfast.results.campaign.gathering import Work
from lwfast.results.campaign.ran_files import RanFiles

if TYPE_CHECKING:
    from lwfast.results.campaign.groups import CampaignGroups
    from lwfast.results.columns.settings.same_values import SameValues
    from lwfast.results.processing.named_columns import NamedColumns


class CampaignFiles(RanFiles):
    """Result files, what is done with each, and what became of them; `Campaign` adds the sums.

    Args:
        paths: The files, in order.
        work: What is done with each.
        files: What is known of each; None to read it when it is asked for.
        scanned: What is known of all files that `scan_results` found, which says what values of a column are
            one; None where these are all.
    """

    def __init__(
        self,
        paths: tuple[Path, ...],
        work: Work,
        files: NamedColumns | None = None,
        scanned: NamedColumns | None = None,
    ) -> None:
        super().__init__(paths, work)
        self.paths = paths
        self._files = files
        self._scanned = scanned

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

    def where(self, /, *unnamed: Never, **wanted: Any) -> Self:
        """Keep the files whose metadata have certain values.

        `campaign.where(qpu="Artemis", theta=[0.1, 0.2])` keeps the files of that QPU at two settings. A file
        that cannot be read stays, to be reported when the campaign is run.

        Integers, text, True and False have to be equal, and True is not 1. Floats are one value as in
        `group_by`.

        Args:
            *unnamed: Nothing; each value belongs to the name of its column.
            **wanted: For each column of `files`: a value; several of which one is enough (a list, tuple, set,
                range, array or Series), each of which may be a list where the values of the column are lists;
                or a callable that takes the value as `files` has it: times are text there, and it is None for
                a file without one. NaN is None, as in pandas. A `datetime` finds times at that instant; one
                without a timezone is in UTC. A `date` finds all times of that day in UTC.

        Raises:
            TypeError: If it is something else, or has no name of a column, or a callable does not take a
                value.
            ValueError: If there is no such column, or no file is left; the message says which values there
                are.
        """
        from lwfast.results.columns.settings.asked import Asked, refuse_unnamed, why_none

        refuse_unnamed(unnamed)
        self._check_columns(wanted)
        asked = [Asked(name, value, self._rule(name)) for name, value in wanted.items()]
        return self._kept(
            lambda row: all(one.meets(row.get(one.name)) for one in asked),
            lambda rows: why_none(asked, rows),
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

        def accepts(row: dict[str, Any]) -> bool:
            try:
                return bool(keep(row))
            except Exception as error:
                error.add_note(
                    f"The function that filter was given got the row of {row['path']}: {row!r:.300}"
                )
                raise

        return self._kept(
            accepts,
            lambda rows: f"the function accepts no row of `files`, the first of which is {rows[0]!r:.300}",
        )

    def _kept(
        self,
        keep: Callable[[dict[str, Any]], Any],
        why: Callable[[list[dict[str, Any]]], str],
    ) -> Self:
        rows = self.files.rows()
        readable = [row for row in rows if row.get("error") is None]
        taken = {k for k, row in enumerate(rows) if row.get("error") is None and keep(row)}
        if readable and not taken:
            what = "files" if len(readable) == len(rows) else "files that can be read"
            raise ValueError(f"None of the {len(readable)} {what} is left: {why(readable)}.")
        return self._taking([k for k, row in enumerate(rows) if k in taken or row.get("error") is not None])

    def _rule(self, name: str) -> SameValues:
        from lwfast.results.columns.settings.same_values import SameValues

        scanned = self.files if self._scanned is None else self._scanned
        return SameValues.of(scanned[name])

    def group_by(self, *names: str | Sequence[str]) -> CampaignGroups:
        """Group the files by columns of `files`, for sums and means of each group.

        `campaign.group_by("theta").expectation(observable)` is a mean with its error for each theta.

        Floats that agree in ten digits are one value: 0.1 + 0.2 and 0.3. In a column with floats that agree
        in ten digits but differ by more than rounding does, a part in 10^12 of the largest number, thirteen
        digits count. A float that takes more than six digits is 0.0 if it is smaller than both a part in
        10^11 of the largest number and a part in 10^6 of the smallest of the others: -2.2e-16 in the middle
        of a range. "Largest" and "smallest" are of all files that were scanned, also after `where` and
        `filter`. Whole numbers have to be equal, 1 and 1.0 are, and True and 1 are not. A list is a value
        too; the value of its group is a tuple, and that of a dict its JSON text.

        Args:
            *names: One column or several; or one list of them, as pandas takes it.

        Raises:
            TypeError: If a name is not text.
            ValueError: If there is no such column, none is named, or one is named twice.
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
        twice = next((name for name in columns if columns.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"The column {twice!r} is named twice.")
        from lwfast.results.campaign.groups import CampaignGroups
        from lwfast.results.columns.settings.same_values import SameKeys

        same = SameKeys(tuple(map(self._rule, columns)))
        return CampaignGroups(self.paths, self.files, columns, self._work, same)

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
        scanned = self.files if self._scanned is None else self._scanned
        return type(self)(tuple(self.paths[k] for k in rows), self._work, kept, scanned)
