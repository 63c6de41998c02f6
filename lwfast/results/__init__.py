"""Results: mappings from State over columns, and what is done with them."""

from lwfast.results.campaign import Campaign, CampaignReport, scan_results
from lwfast.results.differences import Differences
from lwfast.results.distances import ResultDistance, chi_square, fidelity, total_variation
from lwfast.results.files import load_result
from lwfast.results.merging import merge_results
from lwfast.results.plotting import plot_results
from lwfast.results.probability import ProbabilityDistribution
from lwfast.results.qpu import QPUSamplingResult
from lwfast.results.sampling import SamplingResult
from lwfast.results.simulation import SimulationResult
from lwfast.results.summaries import Summary

__all__ = [
    "Campaign",
    "CampaignReport",
    "Differences",
    "ProbabilityDistribution",
    "QPUSamplingResult",
    "ResultDistance",
    "SamplingResult",
    "SimulationResult",
    "Summary",
    "chi_square",
    "fidelity",
    "load_result",
    "merge_results",
    "plot_results",
    "scan_results",
    "total_variation",
]
