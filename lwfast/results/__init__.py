"""Results: mappings from State over columns, and what is done with them."""

from lwfast.results.distances import ResultDistance, chi_square, fidelity, total_variation
from lwfast.results.files import load_result
from lwfast.results.merging import merge_results
from lwfast.results.probability import ProbabilityDistribution
from lwfast.results.qpu import QPUSamplingResult
from lwfast.results.sampling import SamplingResult
from lwfast.results.simulation import SimulationResult

__all__ = [
    "ProbabilityDistribution",
    "QPUSamplingResult",
    "ResultDistance",
    "SamplingResult",
    "SimulationResult",
    "chi_square",
    "fidelity",
    "load_result",
    "merge_results",
    "total_variation",
]
