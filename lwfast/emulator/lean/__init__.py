"""A short way for small and ordinary tasks: the same kernels, reached without planning anew."""
