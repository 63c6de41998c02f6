"""lwfast: the Lightworks job path, fast.

Tasks, results, local emulation, a remote client and a local scheduler. Names are looked up on first use, so
that `import lwfast` costs next to nothing: it reads no file, opens no socket and compiles nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import emulator, errors, remote
    from ._settings import settings
    from .boson_sampling import boson_sample
    from .circuit import Parameter, ParameterDict, PhotonicCircuit, Unitary
    from .circuit.convert import convert
    from .circuit.display import display
    from .counts import group_counts
    from .distribution import output_distribution
    from .emulator.warmup import warmup
    from .errors import (
        AnnotatedStateError,
        BackendError,
        CircuitCompilationError,
        DecompositionUnsuccessful,
        DisplayError,
        EmulatorError,
        LightworksDependencyError,
        LightworksError,
        ModeMismatchError,
        ModeRangeError,
        NotUnitaryError,
        ParameterBoundsError,
        ParameterDictError,
        ParameterValueError,
        PhotonNumberError,
        PrecisionError,
        ProbabilityDistributionError,
        ResourceLimitError,
        ResultCreationError,
        ResultError,
        ResultFormatError,
        SamplerError,
        StateError,
    )
    from .fock import fock_basis, fock_rank, fock_unrank
    from .permanents import permanent, permanent_minors
    from .post_selection import post_select
    from .result_json import decode_result, encode_result
    from .results import load_result, merge_results, scan_results
    from .rules import PostSelection, PostSelectionFunction
    from .state import State
    from .tasks import Analyzer, Batch, Sampler, Simulator
    from .unitary import is_unitary, random_permutation, random_unitary

_MODULES = ("emulator", "errors", "remote")

_NAMES = {
    "_settings": ["settings"],
    "boson_sampling": ["boson_sample"],
    "circuit": ["Parameter", "ParameterDict", "PhotonicCircuit", "Unitary"],
    "circuit.convert": ["convert"],
    "circuit.display": ["display"],
    "counts": ["group_counts"],
    "distribution": ["output_distribution"],
    "emulator.warmup": ["warmup"],
    "errors": [
        "AnnotatedStateError",
        "BackendError",
        "CircuitCompilationError",
        "DecompositionUnsuccessful",
        "DisplayError",
        "EmulatorError",
        "LightworksDependencyError",
        "LightworksError",
        "ModeMismatchError",
        "ModeRangeError",
        "NotUnitaryError",
        "ParameterBoundsError",
        "ParameterDictError",
        "ParameterValueError",
        "PhotonNumberError",
        "PrecisionError",
        "ProbabilityDistributionError",
        "ResourceLimitError",
        "ResultCreationError",
        "ResultError",
        "ResultFormatError",
        "SamplerError",
        "StateError",
    ],
    "fock": ["fock_basis", "fock_rank", "fock_unrank"],
    "permanents": ["permanent", "permanent_minors"],
    "post_selection": ["post_select"],
    "result_json": ["decode_result", "encode_result"],
    "results": ["load_result", "merge_results", "scan_results"],
    "rules": ["PostSelection", "PostSelectionFunction"],
    "state": ["State"],
    "tasks": ["Analyzer", "Batch", "Sampler", "Simulator"],
    "unitary": ["is_unitary", "random_permutation", "random_unitary"],
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "Analyzer",
    "AnnotatedStateError",
    "BackendError",
    "Batch",
    "CircuitCompilationError",
    "DecompositionUnsuccessful",
    "DisplayError",
    "EmulatorError",
    "LightworksDependencyError",
    "LightworksError",
    "ModeMismatchError",
    "ModeRangeError",
    "NotUnitaryError",
    "Parameter",
    "ParameterBoundsError",
    "ParameterDict",
    "ParameterDictError",
    "ParameterValueError",
    "PhotonNumberError",
    "PhotonicCircuit",
    "PostSelection",
    "PostSelectionFunction",
    "PrecisionError",
    "ProbabilityDistributionError",
    "ResourceLimitError",
    "ResultCreationError",
    "ResultError",
    "ResultFormatError",
    "Sampler",
    "SamplerError",
    "Simulator",
    "State",
    "StateError",
    "Unitary",
    "__version__",
    "boson_sample",
    "convert",
    "decode_result",
    "display",
    "emulator",
    "encode_result",
    "errors",
    "fock_basis",
    "fock_rank",
    "fock_unrank",
    "group_counts",
    "is_unitary",
    "load_result",
    "merge_results",
    "output_distribution",
    "permanent",
    "permanent_minors",
    "post_select",
    "random_permutation",
    "random_unitary",
    "remote",
    "scan_results",
    "settings",
    "warmup",
]


def __getattr__(name: str) -> Any:
    """Import the home of `name` on first use (PEP 562)."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
