"""Results: mappings from State over columns, and what is done with them."""

from lwfast.results.campaign.campaign import Campaign, CampaignReport, scan_results
from lwfast.results.distances import ResultDistance, chi_square, fidelity, total_variation
from lwfast.results.load import load_result
from lwfast.results.plots.result_plot import plot_results
from lwfast.results.probability_distribution import ProbabilityDistribution
from lwfast.results.processing.differences import Differences
from lwfast.results.processing.summaries import Summary
from lwfast.results.qpu_result import QPUSamplingResult
from lwfast.results.sampling_result import SamplingResult, merge_results
from lwfast.results.simulation_result import SimulationResult
from lwfast.results.sweeps.sweep_result import SweepResult
from lwfast.results.sweeps.sweep_simulation import SweepSimulationResult

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
    "SweepResult",
    "SweepSimulationResult",
    "chi_square",
    "fidelity",
    "load_result",
    "merge_results",
    "plot_results",
    "scan_results",
    "total_variation",
]
