"""Arrays of tomography: bases, projections, likelihoods, fidelities and resampling."""
