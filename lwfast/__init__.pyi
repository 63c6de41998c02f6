from lwfast import (
    emulator as emulator,
)
from lwfast import (
    errors as errors,
)
from lwfast import (
    interferometers as interferometers,
)
from lwfast import (
    qubit as qubit,
)
from lwfast import (
    remote as remote,
)
from lwfast import (
    tomography as tomography,
)
from lwfast import (
    visualisation as visualisation,
)
from lwfast._base.settings import (
    settings as settings,
)
from lwfast._version import (
    __version__ as __version__,
)
from lwfast.circuit import (
    Parameter as Parameter,
)
from lwfast.circuit import (
    ParameterDict as ParameterDict,
)
from lwfast.circuit import (
    PhotonicCircuit as PhotonicCircuit,
)
from lwfast.circuit import (
    Unitary as Unitary,
)
from lwfast.circuit.convert import (
    convert as convert,
)
from lwfast.circuit.display import (
    display as display,
)
from lwfast.cli.installation import (
    show_config as show_config,
)
from lwfast.emulator.gradients.expectation import (
    expectation as expectation,
)
from lwfast.emulator.warmup import (
    warmup as warmup,
)
from lwfast.errors import (
    AnnotatedStateError as AnnotatedStateError,
)
from lwfast.errors import (
    BackendError as BackendError,
)
from lwfast.errors import (
    CircuitCompilationError as CircuitCompilationError,
)
from lwfast.errors import (
    DecompositionUnsuccessful as DecompositionUnsuccessful,
)
from lwfast.errors import (
    DisplayError as DisplayError,
)
from lwfast.errors import (
    EmulatorError as EmulatorError,
)
from lwfast.errors import (
    LightworksDependencyError as LightworksDependencyError,
)
from lwfast.errors import (
    LightworksError as LightworksError,
)
from lwfast.errors import (
    ModeMismatchError as ModeMismatchError,
)
from lwfast.errors import (
    ModeRangeError as ModeRangeError,
)
from lwfast.errors import (
    NotUnitaryError as NotUnitaryError,
)
from lwfast.errors import (
    ParameterBoundsError as ParameterBoundsError,
)
from lwfast.errors import (
    ParameterDictError as ParameterDictError,
)
from lwfast.errors import (
    ParameterValueError as ParameterValueError,
)
from lwfast.errors import (
    PhotonNumberError as PhotonNumberError,
)
from lwfast.errors import (
    PrecisionError as PrecisionError,
)
from lwfast.errors import (
    ProbabilityDistributionError as ProbabilityDistributionError,
)
from lwfast.errors import (
    ResourceLimitError as ResourceLimitError,
)
from lwfast.errors import (
    ResultCreationError as ResultCreationError,
)
from lwfast.errors import (
    ResultError as ResultError,
)
from lwfast.errors import (
    ResultFormatError as ResultFormatError,
)
from lwfast.errors import (
    SamplerError as SamplerError,
)
from lwfast.errors import (
    StateError as StateError,
)
from lwfast.optics.distributions.output_distribution import (
    output_distribution as output_distribution,
)
from lwfast.optics.fock import (
    fock_basis as fock_basis,
)
from lwfast.optics.fock import (
    fock_rank as fock_rank,
)
from lwfast.optics.fock import (
    fock_unrank as fock_unrank,
)
from lwfast.optics.permanents.permanent import (
    permanent as permanent,
)
from lwfast.optics.permanents.permanent import (
    permanent_minors as permanent_minors,
)
from lwfast.optics.samples.boson_sampling import (
    boson_sample as boson_sample,
)
from lwfast.optics.samples.sample_counts import (
    sample_counts as sample_counts,
)
from lwfast.optics.unitary import (
    is_unitary as is_unitary,
)
from lwfast.optics.unitary import (
    random_permutation as random_permutation,
)
from lwfast.optics.unitary import (
    random_unitary as random_unitary,
)
from lwfast.perceval.conversion import (
    from_perceval as from_perceval,
)
from lwfast.perceval.conversion import (
    to_perceval as to_perceval,
)
from lwfast.results import (
    load_result as load_result,
)
from lwfast.results import (
    merge_results as merge_results,
)
from lwfast.results import (
    scan_results as scan_results,
)
from lwfast.rules import (
    PostSelection as PostSelection,
)
from lwfast.rules import (
    PostSelectionFunction as PostSelectionFunction,
)
from lwfast.state import (
    State as State,
)
from lwfast.tables.binning import (
    binned_counts as binned_counts,
)
from lwfast.tables.binning import (
    marginal_counts as marginal_counts,
)
from lwfast.tables.bodies.result_json import (
    decode_result as decode_result,
)
from lwfast.tables.bodies.result_json import (
    encode_result as encode_result,
)
from lwfast.tables.counts import (
    group_counts as group_counts,
)
from lwfast.tables.post_selection import (
    post_select as post_select,
)
from lwfast.tasks import (
    Analyzer as Analyzer,
)
from lwfast.tasks import (
    Batch as Batch,
)
from lwfast.tasks import (
    Sampler as Sampler,
)
from lwfast.tasks import (
    Simulator as Simulator,
)
from lwfast.tasks import (
    Sweep as Sweep,
)
