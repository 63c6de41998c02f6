"""What the ways to a choi matrix share: the matrix, its fidelity, and their errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray, SeedLike
from lwfast.tomography.estimation.fidelities import process_fidelities, process_fidelity
from lwfast.tomography.process_tomography import ProcessTomography
from lwfast.tomography.tomography_base import MatrixTomography


class ChoiTomography(ProcessTomography, MatrixTomography):
    """Base of what finds the choi matrix of a circuit.

    See `Tomography` for the arguments.
    """

    _choi: ComplexArray | None = None

    @property
    def choi(self) -> ComplexArray:
        """The choi matrix that was found last, complex128[4^n, 4^n], of trace 2^n, the input first.

        Raises:
            AttributeError: None was found yet.
        """
        if self._choi is None:
            raise AttributeError(
                "The choi matrix has not been calculated yet; call process with the results."
            )
        return self._choi

    def fidelity(self, choi_exp: ArrayLike) -> float:
        """Return the fidelity of the process that was found to an expected one; see `process_fidelity`.

        Args:
            choi_exp: The expected choi matrix, (4^n, 4^n), as of `choi_from_unitary`.

        Raises:
            AttributeError: No process was found yet.
            ValueError: The matrix has another shape.
        """
        return process_fidelity(self.choi, choi_exp)

    def fidelity_error(self, choi_exp: ArrayLike, n_bootstrap: int = 200, *, rng: SeedLike = None) -> float:
        """Return the standard error of `fidelity`.

        Args:
            choi_exp: The expected choi matrix, (4^n, 4^n).
            n_bootstrap: How many replicas of the data are drawn; by default 200.
            rng: An integer, a `SeedSequence` or a `Generator`; None draws a new seed.

        Raises:
            AttributeError: No process was found yet.
            ValueError: The matrix has another shape, the data are not counts, or `n_bootstrap` is below 2.
        """
        self.fidelity(choi_exp)
        expected = np.asarray(choi_exp, dtype=np.complex128)
        return float(process_fidelities(self.bootstrap(n_bootstrap, rng=rng), expected).std(ddof=1))
