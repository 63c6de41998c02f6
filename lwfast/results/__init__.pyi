from lwfast.results.campaign.campaign import Campaign as Campaign
from lwfast.results.campaign.gathering import CampaignReport as CampaignReport
from lwfast.results.campaign.groups import CampaignGroups as CampaignGroups
from lwfast.results.campaign.groups import GroupedResults as GroupedResults
from lwfast.results.campaign.scan import scan_results as scan_results
from lwfast.results.campaign.trend import Trend as Trend
from lwfast.results.distances import ResultDistance as ResultDistance
from lwfast.results.distances import chi_square as chi_square
from lwfast.results.distances import fidelity as fidelity
from lwfast.results.distances import total_variation as total_variation
from lwfast.results.load import load_result as load_result
from lwfast.results.plots.correlation_plot import plot_correlations as plot_correlations
from lwfast.results.plots.result_plot import plot_results as plot_results
from lwfast.results.probability_distribution import ProbabilityDistribution as ProbabilityDistribution
from lwfast.results.processing.differences import Differences as Differences
from lwfast.results.processing.means import Mean as Mean
from lwfast.results.processing.named_columns import NamedColumns as NamedColumns
from lwfast.results.processing.summaries import Summary as Summary
from lwfast.results.qpu_result import QPUSamplingResult as QPUSamplingResult
from lwfast.results.result_base import Result as Result
from lwfast.results.sampling_result import SamplingResult as SamplingResult
from lwfast.results.sampling_result import merge_results as merge_results
from lwfast.results.simulation_result import SimulationResult as SimulationResult
from lwfast.results.sweeps.sweep_result import (
    SweepResult as SweepResult,
)
from lwfast.results.sweeps.sweep_simulation import (
    SweepSimulationResult as SweepSimulationResult,
)
