"""Distributions and expectations that JAX differentiates: `import lwfast.jax`.

Everything is computed on the CPU in double precision (`jax.config.update("jax_enable_x64", True)` is needed),
outside of JAX, by callbacks: `jax.jit` and `jax.grad` work, `jax.vmap` does one after the other, and
derivatives of derivatives and forward mode are refused. Needs JAX, the extra `lwfast[jax]`.
"""

from importlib.util import find_spec

from lwfast.errors import LightworksDependencyError

if find_spec("jax") is None:
    raise LightworksDependencyError(
        "The package jax is not installed; python -m pip install jax (the extra lwfast[jax])."
    )

from lwfast.jax.callbacks import expectation, output_probabilities

__all__ = ["expectation", "output_probabilities"]
