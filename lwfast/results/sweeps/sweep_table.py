"""What results of sweeps have in common: settings beside rows of states and values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from lwfast._base.validation import as_integer
from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.results.columns.export import arrow_module, pandas_module, polars_module
from lwfast.results.columns.labels import LabelTable, readable_columns, row_text
from lwfast.results.columns.text import number_of, short_state
from lwfast.results.plots.sweep_plot import DEFAULT_OUTPUTS, Lines, chosen_lines, plot_sweep
from lwfast.results.sweeps.setting_axis import SettingAxis
from lwfast.results.sweeps.sweep_export import export_table
from lwfast.state import X_CODE

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class SweepTable(ABC):
    """Results of many settings, as columns: the base of `SweepResult` and `SweepSimulationResult`.

    `len` is the number of settings, `result[i]` the result of one of them, and iteration gives one after the
    other. Nothing in it can be changed.
    """

    __slots__ = ("__weakref__", "_axis")

    _axis: SettingAxis

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of each parameter."""
        return self._axis.labels

    @property
    def settings(self) -> FloatArray:
        """The settings, float64[k, p], one row per setting, read-only."""
        return self._axis.settings

    @property
    def shape(self) -> tuple[int, ...]:
        """`(k,)`, or for a grid the number of values of each parameter, the last one varying fastest."""
        return self._axis.shape

    @property
    def axis(self) -> SettingAxis:
        """Labels, settings and shape, as the result itself keeps them."""
        return self._axis

    @property
    @abstractmethod
    def states(self) -> StateTable:
        """The outcomes of all settings, one setting after the other, uint8[N, n_modes], read-only."""

    @property
    @abstractmethod
    def setting_index(self) -> NDArray[np.int64]:
        """Which setting each row belongs to, int64[N], ascending."""

    @abstractmethod
    def _single(self, row: int) -> Any:
        """Return the result of a setting."""

    @abstractmethod
    def _taken(self, rows: NDArray[np.int64]) -> Self:
        """Return the results of some settings, by their numbers."""

    @abstractmethod
    def _value_columns(self) -> dict[str, AnyArray]:
        """Return the columns behind those of the states, by name: what was counted or worked out."""

    @abstractmethod
    def _input_rows(self) -> StateTable | None:
        """Return the input of each row, where there can be several."""

    @abstractmethod
    def _lines(self) -> tuple[LabelTable, FloatArray, str]:
        """Return K states, what a plot shows of each float64[k, K], and what that is."""

    def __len__(self) -> int:
        return len(self._axis)

    def __iter__(self) -> Iterator[Any]:
        for row in range(len(self)):
            yield self._single(row)

    def __getitem__(self, item: Any) -> Any:
        """Return the result of a setting, or the sweep over some of them for a slice.

        Args:
            item: A number from 0, or from -1 backwards; for a grid also one for each axis; or a slice.

        Raises:
            IndexError: There is no such setting.
            TypeError: It is not an integer.
        """
        if isinstance(item, slice):
            return self._taken(np.arange(len(self), dtype=np.int64)[item])
        if isinstance(item, tuple):
            numbers = [as_integer(entry, "The number of a setting") for entry in item]
            if len(numbers) != len(self.shape):
                msg = f"The settings have the shape {self.shape}; got {len(numbers)} numbers."
                raise IndexError(msg)
            try:
                return self._single(int(np.arange(len(self)).reshape(self.shape)[tuple(numbers)]))
            except IndexError:
                msg = f"There is no setting {item}; the settings have the shape {self.shape}."
                raise IndexError(msg) from None
        row = as_integer(item, "The number of a setting")
        if not -len(self) <= row < len(self):
            msg = f"There is no setting {row}; there are {number_of(len(self), 'setting')}."
            raise IndexError(msg)
        return self._single(row % len(self))

    def where(self, wanted: Mapping[Any, float] | None = None, /, **by_label: float) -> Self:
        """Return the sweep over the settings that have these values.

        Values are compared to within 1e-9, relative for values above 1, so that `theta=0.3` finds the 0.3 of
        a `numpy.linspace`.

        Args:
            wanted: Values by Parameter or label.
            **by_label: The value of each named parameter, by its label.

        Raises:
            KeyError: There is no such parameter.
            TypeError: A value is not a real number.
            ValueError: Nothing is asked for, or no setting has the values; the message names the nearest one.
        """
        asked = {**(wanted or {}), **by_label}
        if not asked:
            raise ValueError(f"Name the value of a parameter, such as where({self.labels[0]}=0.3).")
        return self._taken(self._axis.rows(asked))

    def column(self, parameter: Any) -> FloatArray:
        """Return the value of a parameter in each setting: float64[k].

        Args:
            parameter: The Parameter, or its label.

        Raises:
            KeyError: There is no such parameter.
        """
        column: FloatArray = self._axis.settings[:, self._axis.column(parameter)]
        return column

    def probabilities(self, outputs: Any = None) -> FloatArray:
        """Return the share of outputs in each setting: float64[k, K], NaN for a setting without any output.

        Counts are divided by all counts of their setting; probabilities, and amplitudes squared, stand as
        they are, those of several inputs averaged.

        Args:
            outputs: The K states; None takes all, in the order of `distinct_states`.

        Raises:
            TypeError: An output is not a state.
            ValueError: No output is given, or one has another number of modes.
        """
        table, lines, _ = self._lines()
        return lines if outputs is None else chosen_lines(table, lines, outputs, 0)[1]

    @property
    def distinct_states(self) -> StateTable:
        """Every outcome that occurs in any setting, uint8[K, n_modes], in the order of first appearance."""
        states: StateTable = self._lines()[0].states
        return states

    @property
    def has_x(self) -> bool:
        """Whether there is an X, an invalid qubit, in the states; 255 stands for it in `states` then."""
        return False

    def plot(
        self,
        parameter: Any = None,
        outputs: Any = None,
        show: bool = True,
        *,
        errors: bool = False,
        state_labels: Mapping[Any, Any] | None = None,
        top: int = DEFAULT_OUTPUTS,
        ax: Axes | None = None,
        theory: SweepTable | None = None,
    ) -> tuple[Figure | SubFigure, Axes] | None:
        """Draw the share of outputs against a parameter.

        Args:
            parameter: The Parameter, or its label; may be left out where there is one only.
            outputs: The states to draw, one or several; None takes those that are seen most.
            show: Whether to show the figure, which is the default, and return None. On a backend without a
                screen, or where `ax` is given or `show` is False, figure and axes are returned.
            errors: Draw one standard error of each share, sqrt(p (1 - p) / n): as bars, or as a band where
                there are more than 60 settings.
            state_labels: Labels that replace the kets of some states, by state.
            top: How many outputs are drawn if `outputs` is None.
            ax: Axes to draw into, whose style is kept; by default None, which makes a new figure.
            theory: A sweep of the same parameter to compare with, such as that of a Simulator over more
                values. It is drawn as lines, and this sweep as points.

        Returns:
            (figure, axes), or None where the figure was shown.

        Raises:
            KeyError: There is no such parameter.
            LightworksDependencyError: Matplotlib is not installed.
            TypeError: An output is not a state, or theory is not a sweep.
            ValueError: Another parameter varies as well: take one of its values with `where` first.
        """
        if parameter is None:
            if len(self.labels) > 1:
                raise ValueError(f"Name the parameter to plot against: one of {', '.join(self.labels)}.")
            parameter = self.labels[0]
        if theory is not None and not isinstance(theory, SweepTable):
            raise TypeError(f"theory is the result of a sweep, not {type(theory).__name__}.")
        lines, what = self._drawn(parameter)
        return plot_sweep(
            lines,
            what,
            outputs,
            show=show,
            errors=errors,
            state_labels=state_labels,
            top=top,
            ax=ax,
            theory=None if theory is None else theory._drawn(self.labels[lines.column])[0],  # noqa: SLF001
        )

    def _drawn(self, parameter: Any) -> tuple[Lines, str]:
        """Return what a plot against a parameter shows, and what that is."""
        table, shares, what = self._lines()
        axis = self._axis
        return Lines(axis.settings, self.labels, axis.column(parameter), table, shares, self._totals()), what

    def _totals(self) -> FloatArray | None:
        """Return how many samples stand behind the share of each setting, where there are samples."""
        return None

    def to_pandas(self, dtype: Any = np.uint8) -> pd.DataFrame:
        """Return a DataFrame: `setting`, a column for each parameter, for each mode, and one of values.

        Amplitudes are one complex column; where there are inputs, they are `input_0`, ... before the modes.

        Args:
            dtype: Type of the columns of modes, by default uint8, which has no sign and ends at 255. A column
                with an X has objects: integers and "X".

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        frame: pd.DataFrame = pandas_module().DataFrame(self._columns(dtype))
        return frame

    def _columns(self, dtype: Any) -> dict[str, AnyArray]:
        """Return the columns of `to_pandas` by name."""
        index = self.setting_index
        columns: dict[str, AnyArray] = {"setting": index}
        for label, values in zip(self.labels, self.settings.T, strict=True):
            columns[label] = values[index]
        inputs = self._input_rows()
        if inputs is not None:
            columns |= {f"input_{m}": inputs[:, m].astype(dtype) for m in range(inputs.shape[1])}
        modes = readable_columns(self.states, dtype, self.has_x)
        columns |= {f"mode_{m}": column for m, column in enumerate(modes)}
        columns |= {name: values.copy() for name, values in self._value_columns().items()}
        return columns

    def export(self, filename: Any) -> Path:
        """Write the rows to a `.csv` or `.parquet` file for other programs, atomically.

        CSV has the columns of `to_pandas`, with the two parts of amplitudes as columns of their own, and
        Parquet those of `to_arrow`. Settings without rows are not in it, nor is anything else that `save`
        keeps: `lw.load_result` does not read it.

        Returns:
            The path of the file.

        Raises:
            TypeError: `filename` is not a name or path.
            ValueError: It names a folder, or has another ending.
            LightworksDependencyError: pyarrow is needed and not installed.
            OSError: The file cannot be written.
        """
        return export_table(filename, self._columns(np.uint8), self.to_arrow)

    def to_arrow(self) -> pa.Table:
        """Return a `pyarrow.Table`: `setting`, the parameters, `state` (a list of uint8), and the values.

        Amplitudes are two columns, `amplitude_real` and `amplitude_imag`: Arrow has no complex numbers. An X
        is null.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
        """
        pa = arrow_module()
        index = self.setting_index
        columns: dict[str, Any] = {"setting": pa.array(index)}
        for label, values in zip(self.labels, self.settings.T, strict=True):
            columns[label] = pa.array(values[index])
        inputs = self._input_rows()
        if inputs is not None:
            columns["input"] = _state_column(pa, inputs)
        columns["state"] = _state_column(pa, self.states, self.has_x)
        for name, values in self._value_columns().items():
            parts = {"_real": values.real, "_imag": values.imag} if np.iscomplexobj(values) else {"": values}
            columns |= {name + end: pa.array(np.ascontiguousarray(part)) for end, part in parts.items()}
        return pa.table(columns)

    def to_polars(self) -> pl.DataFrame:
        """Return a `polars.DataFrame` with the columns of `to_arrow`.

        Raises:
            LightworksDependencyError: If polars or pyarrow is not installed.
        """
        frame: pl.DataFrame = polars_module().from_arrow(self.to_arrow())
        return frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the table of `to_arrow` to DuckDB, polars, pyarrow and others."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __copy__(self) -> Self:
        return self

    def __repr__(self) -> str:
        return f"lwfast.{type(self).__name__}({self._facts()})"

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import MOST_ROWS, code, share_bar, table

        first = self[:MOST_ROWS]
        states, shares, what = first._lines()  # noqa: SLF001  (of its own class)
        rows = []
        for number, (setting, row) in enumerate(zip(first.settings.tolist(), shares, strict=True)):
            line: list[Any] = [number, *(float(f"{value:.6g}") for value in setting)]
            if row.size and np.isfinite(row).all():
                best = int(np.argmax(row))
                state = short_state(row_text(states.states[best], states.has_x))
                line += [code(state), float(f"{row[best]:.4g}"), share_bar(float(row[best]))]
            rows.append(line)
        headers = ["Setting", *self.labels, "Largest", what, ""]
        title = f"{type(self).__name__}: {self._facts()}"
        return table(title, headers, rows, n_rows=len(self), things="settings", wide=len(headers) - 1)

    @abstractmethod
    def _facts(self) -> str:
        """Say in a few words what is in it."""

    __hash__ = None  # type: ignore[assignment]


def _state_column(pa: Any, states: StateTable, has_x: bool = False) -> Any:
    n_rows, n_modes = states.shape
    marked = (states == X_CODE).reshape(-1) if has_x else None
    flat = pa.array(np.ascontiguousarray(states).reshape(-1), mask=marked)
    if n_modes:
        return pa.FixedSizeListArray.from_arrays(flat, n_modes)
    return pa.ListArray.from_arrays(np.zeros(n_rows + 1, np.int32), flat)


T = TypeVar("T", bound=SweepTable)


def settings_taken(sweep: T, rows: NDArray[np.int64]) -> T:
    """Return the results of some settings of a sweep, by their numbers, `int64[K]`."""
    return sweep._taken(rows)  # noqa: SLF001  (of its own room)
