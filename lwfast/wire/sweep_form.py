"""A sweep on the wire: the elements of a circuit, and the values of those of its parameters that vary.

The field `sweep` of a payload to `v1/jobs`; a payload without it is one job of one setting:

    {"labels": ["theta"], "shape": [200],
     "values": ["<base64 of float64>"],      one for all settings, or one each; of a grid, those of an axis
     "steps": "<base64 of int32[n, 4]>",     kind, mode, second mode, column of the value or -1
     "constants": "<base64 of float64[n]>",  the value of each step without a column
     "blocks": [{"before": 0, "modes": [0, 1], "matrices": "<base64 of complex128[1 or k, r, r]>"}]}

Kinds of steps: 0 a beam splitter of the convention Rx, 1 of H, 2 a phase shift, 4 an exchange of two modes.
`"deflated": [0]`, which may be left out, names parameters whose values are compressed: the first bytes of all
numbers, then the second ones, and so on, as a zlib stream.
Numbers are little-endian. Blocks are unitary matrices, each before a step. `shape` has one length for values
side by side, and one for each parameter for a grid, of which the last varies fastest. All else in the payload
is as for a single job: `n_samples` is that of each setting, `unitary` that of the first one.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import msgspec
import numpy as np

from lwfast._base.memory import check_memory
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.optics.elements import ElementTable

MOST_SETTINGS = 10_000
"""Most settings of a sweep on the wire."""
SWEEP_BYTES = 8 * 1024 * 1024
"""Largest body of a job with a sweep, which is that of any single job."""
MOST_STEPS = 20_000
MOST_PARAMETERS = 1_000
_LEAST_DEFLATED = 1024
"""Bytes of values from which on compressing them is tried."""
_WORTH_DEFLATING = 0.95
"""Compressed values are sent where they are shorter than this share of the plain ones."""


class SweepBlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unitary matrix among the elements; one for all settings, or one each."""

    before: int
    modes: list[int]
    matrices: bytes


class SweepForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The settings of a job of many, and the circuit that they are of."""

    labels: list[str]
    shape: list[int]
    values: list[bytes]
    steps: bytes
    constants: bytes
    blocks: list[SweepBlock]
    deflated: list[int] = []

    def __repr__(self) -> str:
        # The bytes of ten thousand settings tell nobody anything.
        return f"SweepForm({self.n_settings} settings of {', '.join(self.labels)})"

    @property
    def n_settings(self) -> int:
        """How many settings there are."""
        return math.prod(self.shape)


def form_of(
    labels: Sequence[str],
    shape: Sequence[int],
    settings: FloatArray,
    table: ElementTable,
    matrices: Sequence[ComplexArray],
) -> SweepForm:
    """Return the form of a sweep.

    Args:
        labels: The name of each parameter.
        shape: How the settings are laid out.
        settings: The values of the parameters, float64[k, p], one row per setting.
        table: The elements, with columns among the settings.
        matrices: The matrix of each block, complex128[r, r] or [k, r, r].
    """
    if len(shape) == 1:
        columns = [column[:1] if (column == column[0]).all() else column for column in settings.T]
    else:
        grid = settings.reshape(*shape, len(labels))
        # Along its own axis, at the beginning of all others.
        columns = [
            np.moveaxis(grid[..., axis], axis, 0).reshape(shape[axis], -1)[:, 0]
            for axis in range(len(labels))
        ]
    blocks = [
        SweepBlock(before=before, modes=rows.tolist(), matrices=_bytes(matrix, "<c16"))
        for (before, rows), matrix in zip(table.blocks, matrices, strict=True)
    ]
    plain = [_bytes(column, "<f8") for column in columns]
    short = [_deflated(text) if len(text) >= _LEAST_DEFLATED else text for text in plain]
    deflated = [k for k in range(len(plain)) if len(short[k]) < _WORTH_DEFLATING * len(plain[k])]
    return SweepForm(
        labels=list(labels),
        shape=list(shape),
        values=[short[k] if k in deflated else plain[k] for k in range(len(plain))],
        deflated=deflated,
        steps=_bytes(table.steps, "<i4"),
        constants=_bytes(table.constants, "<f8"),
        blocks=blocks,
    )


def settings_of(form: SweepForm) -> FloatArray:
    """Return the settings of a form that was checked: float64[k, p]."""
    columns = []
    for index in range(len(form.values)):
        column = values_of(form, index, form.n_settings)
        if column is None:
            raise ValueError(f"The values of parameter {index} are not numbers; the form was not checked.")
        columns.append(column)
    if len(form.shape) == 1:
        return np.stack([np.broadcast_to(column, form.n_settings) for column in columns], axis=1)
    return np.stack([axis.reshape(-1) for axis in np.meshgrid(*columns, indexing="ij")], axis=1)


def values_of(form: SweepForm, index: int, most: int) -> FloatArray | None:
    """Return the values of a parameter, whatever the form says of them.

    Args:
        form: The form of the sweep, as the payload holds it.
        index: The number of the parameter, from 0 on.
        most: More numbers than these are not read.

    Returns:
        float64[n]; None where the bytes are not whole numbers, not a zlib stream, or more than n.
    """
    text = form.values[index]
    if index in form.deflated:
        inflater = zlib.decompressobj()
        try:
            text = inflater.decompress(text, 8 * most + 1)
        except zlib.error:
            return None
        if not inflater.eof or inflater.unused_data or len(text) % 8:
            return None
        text = np.frombuffer(text, np.uint8).reshape(8, -1).T.tobytes()
    if len(text) % 8 or len(text) > 8 * most:
        return None
    return np.frombuffer(text, "<f8").astype(np.float64)


def _deflated(text: bytes) -> bytes:
    """Compress float64: signs and exponents, which are much alike, beside each other."""
    return zlib.compress(np.frombuffer(text, np.uint8).reshape(-1, 8).T.tobytes())


def unitaries_of(form: SweepForm, n_modes: int) -> ComplexArray:
    """Return the unitary of each setting of a form that was checked: complex128[k, n_modes, n_modes].

    Raises:
        ResourceLimitError: They would not fit in memory.
    """
    check_memory(
        32 * form.n_settings * n_modes * n_modes,
        f"The unitaries of {form.n_settings:,} settings of {n_modes} modes",
        remedy="Split the sweep.",
    )
    steps = np.frombuffer(form.steps, "<i4").astype(np.int64).reshape(-1, 4)
    blocks = tuple((block.before, np.array(block.modes, dtype=np.int64)) for block in form.blocks)
    constants = np.frombuffer(form.constants, "<f8").astype(np.float64)
    matrices = []
    for block in form.blocks:
        size = len(block.modes)
        matrix = np.frombuffer(block.matrices, "<c16").astype(np.complex128).reshape(-1, size, size)
        matrices.append(matrix[0] if len(matrix) == 1 else matrix)
    table = ElementTable(n_modes, n_modes, steps, constants, blocks)
    return table.products(np.ascontiguousarray(settings_of(form)), matrices)


def _bytes(array: AnyArray, dtype: str) -> bytes:
    return np.ascontiguousarray(array.astype(dtype)).tobytes()
