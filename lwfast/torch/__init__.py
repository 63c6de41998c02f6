"""Distributions and expectations that PyTorch differentiates: `import lwfast.torch`.

Everything is computed on the CPU in double precision, and each function goes back once: derivatives of
derivatives are refused. Needs PyTorch, the extra `lwfast[torch]`.
"""

from importlib.util import find_spec

from lwfast.errors import LightworksDependencyError

if find_spec("torch") is None:
    raise LightworksDependencyError(
        "The package torch is not installed; python -m pip install torch (the extra lwfast[torch])."
    )

from lwfast.torch.autograd_functions import expectation, output_probabilities

__all__ = ["expectation", "output_probabilities"]
