"""A sweep as a batch of jobs, for schedulers that take one setting at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwfast._texts import ended
from lwfast.errors import JobFileError, ResultCreationError, ResultsError
from lwfast.remote.job_path import job_files as files
from lwfast.remote.job_path.job_and_batch import BatchJob

if TYPE_CHECKING:
    from lwfast.results.sweeps.setting_axis import SettingAxis
    from lwfast.results.sweeps.sweep_result import SweepResult


class SweepBatch(BatchJob):
    """The jobs of a sweep, one per setting and in their order, with one result for all of them.

    What is saved and loaded are the jobs and the settings; to other programs the file is that of a batch.

    Attributes:
        axis: Labels and values of the parameters, one row per job.
    """

    axis: SettingAxis

    def get_result(self, name: str | None = None) -> Any:
        """Fetch the results of all jobs as one `SweepResult`, or with a name that of one job.

        Raises:
            ResultsError: Not all jobs are complete, or one gave no result; names the setting.
        """
        return self._whole() if name is None else super().get_result(name)

    def result(self, timeout: float | None = None, progress: Any = None) -> Any:
        """Wait until all jobs are complete, then fetch their results as one `SweepResult`."""
        self.wait_until_complete(timeout, progress)
        return self._whole()

    def _saved_data(self) -> dict[str, Any]:
        axis = self.axis
        return super()._saved_data() | files.sweep_to_data(axis.labels, axis.shape, axis.settings)

    def _take(self, data: dict[str, Any], path: Path) -> None:
        from lwfast.results.sweeps.setting_axis import SettingAxis

        try:
            axis = SettingAxis(*files.sweep_from_data(data, path))
        except ResultCreationError as error:
            raise JobFileError(f"The sweep in {path} cannot be read: {ended(error)}") from error
        n_jobs = len(files.batch_from_data(data, path))
        if n_jobs != len(axis):
            raise JobFileError(f"The sweep in {path} has {len(axis)} settings, and its batch {n_jobs} jobs.")
        super()._take(data, path)
        self.axis = axis

    def _whole(self) -> SweepResult:
        from lwfast.results.sweeps.sweep_counts import sweep_of
        from lwfast.results.sweeps.sweep_result import SweepResult

        found = self.get_all_results()
        results = []
        for row, (name, result) in enumerate(found.items()):
            if result is None or isinstance(result, str):
                raise ResultsError(
                    f"The job {name!r} of setting {row} ({self.axis.told(row)}) gave no result: {result} "
                    "retry_failed() submits it again; get_result(name) gives the others one by one."
                )
            results.append(result)
        return sweep_of(SweepResult, self.axis, results, "post-selection kept none of its states")
