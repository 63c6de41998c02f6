"""All pictures in one place: of circuits, unitaries, results and correlations.

The methods `display`, `save_figure`, `plot` and `plot_correlations` of circuits, results and sweeps draw the
same pictures.
"""

from lwfast.circuit.display import display
from lwfast.circuit.pictures.unitary_plot import plot_unitary
from lwfast.results.plots.correlation_plot import plot_correlations
from lwfast.results.plots.result_plot import plot_results

__all__ = ["display", "plot_correlations", "plot_results", "plot_unitary"]
