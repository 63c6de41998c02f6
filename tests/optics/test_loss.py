"""Which matrices lose light, which were rounded, and which amplify."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.emulator import Detector, HardwareModel, Source, run_raw
from lwfast.errors import NotUnitaryError
from lwfast.optics.distributions import stacked_layers
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.light import parsed_light
from lwfast.optics.samples.boson_sampling import boson_sample
from lwfast.optics.unitary import random_unitary


@pytest.fixture(
    autouse=True, params=[stacked_layers.MOST_ENTRIES, 0], ids=["edges", "layers"], scope="module"
)
def both_ways(request):
    """What holds of distributions holds where edges are listed, and where layers are walked over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_layers, "MOST_ENTRIES", request.param)
        yield


AMPLIFYING = [np.diag([1.0, 1.0, 5.0]), np.eye(3) * 1e160, np.eye(3) * (1 + 1e-9)]
CALLS = {
    "plain": {},
    "distinguishable": {"source": Source(indistinguishability=0)},
    "half": {"source": Source(indistinguishability=0.5)},
    "dim": {"source": Source(brightness=0.5)},
    "clicks": {"threshold": True},
    "noisy clicks": {"threshold": True, "source": Source(purity=0.9)},
    "inefficient": {"detector": Detector(efficiency=0.01)},
    "heralded": {"heralds": {0: 0}},
}


@pytest.mark.parametrize("matrix", AMPLIFYING, ids=["5", "1e160", "1+1e-9"])
@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_amplifying_matrices_are_refused(matrix, options):
    """No source and no detector hides that a matrix amplifies."""
    with pytest.raises(NotUnitaryError, match="amplifies"):
        output_distribution(matrix, [1, 0, 1], **options)


@pytest.mark.parametrize("matrix", AMPLIFYING, ids=["5", "1e160", "1+1e-9"])
def test_amplifying_matrices_are_not_sampled(matrix):
    """Neither are they sampled from."""
    with pytest.raises(NotUnitaryError):
        boson_sample(matrix, [1, 0, 1], 3, rng=1)
    for model in (None, HardwareModel(source=Source(indistinguishability=0)), HardwareModel(loss=0.99)):
        with pytest.raises(NotUnitaryError):
            run_raw(matrix, [1, 0, 1], 10, hardware=model, rng=1)


def test_not_a_number_is_refused():
    """What cannot be compared is refused, not passed."""
    for value in (np.nan, np.inf):
        with pytest.raises(NotUnitaryError):
            parsed_light(np.array([[value, 0], [0, 1]], dtype=complex), (1, 0), 1e-5)


def test_only_occupied_columns_matter():
    """A column that no photon enters may be anything."""
    assert len(output_distribution(np.diag([1.0, 5.0]), [1, 0])) == 2


@pytest.mark.parametrize("tolerance", [1e-10, 1e-5])
def test_cleaned_columns_never_amplify(tolerance):
    """What was rounded up is cut back, what was rounded down to no loss at all becomes an isometry."""
    light = parsed_light(random_unitary(4, 1) * (1 + 0.3 * tolerance), (1, 1, 1, 0), tolerance)
    assert np.linalg.norm(light.columns, 2) <= 1 + 1e-15
    assert len(parsed_light(random_unitary(4, 1) * (1 - 1e-12), (1,) * 4, tolerance).loss_rows) == 0


@pytest.mark.parametrize("loss", [1e-9, 1e-7])
def test_inefficiency_behind_a_unitary_is_exact(loss):
    """A tiny loss that a detector or source names is kept, whatever rounding its matrix had."""
    for options in ({"detector": Detector(efficiency=1 - loss)}, {"source": Source(brightness=1 - loss)}):
        found = output_distribution(np.eye(1, dtype=np.complex64), [1], **options)
        assert found.probabilities[found.states[:, 0] == 0] == pytest.approx(loss, rel=1e-5)
