"""Parameters that have other values for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from lwfast.circuit import Parameter


@contextmanager
def set_for_a_while(parameters: Sequence[Parameter[Any]], values: Any) -> Iterator[None]:
    """Give Parameters values, and their former ones back at the end.

    Args:
        parameters: The Parameters, each once.
        values: (p,) real, a value for each.

    Raises:
        ValueError: There are more or fewer values, or a Parameter is named twice.
        ParameterValueError: A Parameter does not take a value.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != (len(parameters),):
        n = len(parameters)
        msg = (
            f"The values have shape {numbers.shape}, and there are {n} Parameters; give one number for each."
        )
        raise ValueError(msg)
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        raise ValueError("A Parameter is named twice; name each once.")
    before = [parameter.get() for parameter in parameters]
    try:
        for parameter, value in zip(parameters, numbers.tolist(), strict=True):
            parameter.set(value)
        yield
    finally:
        for parameter, value in zip(parameters, before, strict=True):
            parameter.set(value)
