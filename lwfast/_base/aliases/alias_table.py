"""The one table of Lightworks' deep paths, and of the home that each name has here.

`lightworks.sdk.circuit` is found at `lwfast.sdk.circuit`, and `lightworks_remote.http` at
`lwfast.remote.http`. A path of the table is a module below `lwfast`; its homes are modules below `lwfast`
too, each with the names that it gives, where `Theirs=Ours` gives one of ours under Lightworks' name. Faces
that are real modules, such as `emulator`, are listed with what they have beside their own names.
"""

from __future__ import annotations

_ERRORS = (
    "CircuitCompilationError DecompositionUnsuccessful DisplayError LightworksDependencyError "
    "LightworksError "
    "ModeMismatchError ModeRangeError ParameterBoundsError ParameterDictError ParameterValueError "
    "PhotonNumberError ProbabilityDistributionError ResultCreationError ResultError SamplerError StateError"
)
_REMOTE_ERRORS = (
    "AuthenticationError HTTPError JobError JobNotFoundError JobSubmissionError LightworksRemoteError "
    "QPUOfflineError ResultsError TokenError ValidationError"
)
_JOB_FUNCTIONS = (
    "cancel_job check_job_complete get_job_details get_job_status get_results list_all_jobs "
    "list_scheduled_jobs load_job_from_file show_scheduled"
)
_QPU_FUNCTIONS = "get_qpu_details list_qpus"
_SINGLE_QUBIT_GATES = "H I P Rx Ry Rz S SX Sadj T Tadj X Y Z"
_DETAILS = "JobDetails=ArtemisJobDetails QPUDetails=ArtemisQPU"

PATHS: dict[str, dict[str, str]] = {
    "": {"errors": "BackendError"},
    "emulator": {"errors": "LightworksError"},
    "emulator.backends": {"emulator.backend": "Backend"},
    "emulator.backends.abc_backend": {},
    "emulator.backends.backend": {"emulator.backend": "Backend"},
    "emulator.backends.caching": {},
    "emulator.backends.fock_backend": {},
    "emulator.backends.permanent": {},
    "emulator.backends.slos": {},
    "emulator.components": {"hardware": "Detector Source"},
    "emulator.components.detector": {"hardware": "Detector"},
    "emulator.components.source": {"hardware": "Source"},
    "emulator.simulation": {},
    "emulator.simulation.analyzer": {},
    "emulator.simulation.probability_distribution": {},
    "emulator.simulation.runner": {},
    "emulator.simulation.sampler": {},
    "emulator.simulation.simulator": {},
    "emulator.state": {},
    "emulator.state.annotated_state": {},
    "emulator.utils": {},
    "emulator.utils.exceptions": {"errors": "AnnotatedStateError BackendError EmulatorError LightworksError"},
    "emulator.utils.sim": {},
    "emulator.utils.state": {"optics.fock": "fock_basis"},
    "interferometers.decomposition": {"interferometers": "reck_decomposition"},
    "interferometers.dists.constant": {"interferometers.dists": "Constant"},
    "interferometers.dists.distribution": {"interferometers.dists": "Distribution"},
    "interferometers.dists.gaussian": {"interferometers.dists": "Gaussian"},
    "interferometers.dists.top_hat": {"interferometers.dists": "TopHat"},
    "interferometers.dists.utils": {},
    "interferometers.reck": {"interferometers": "Reck"},
    "qubit.converter.qiskit_convert": {"qubit.converter.qiskit_circuits": "QiskitConverter qiskit_converter"},
    "qubit.converter.utils": {
        "qubit.converter.converter": "convert_two_qubits_to_adjacent",
        "qubit.converter.post_selection_analysis": "post_selection_analyzer",
    },
    "qubit.gates.single_qubit_gates": {"qubit": _SINGLE_QUBIT_GATES},
    "remote.http": {"wire.details": _DETAILS, "wire.status": "Status"},
    "remote.http.artemis_interface": {},
    "remote.http.artemis_job_details": {"wire.details": "ArtemisJobDetails"},
    "remote.http.artemis_qpu_details": {"wire.details": "ArtemisQPU"},
    "remote.http.interface": {},
    "remote.http.job_details": {"wire.details": "JobDetails=ArtemisJobDetails"},
    "remote.http.qpu_details": {"wire.details": "QPUDetails=ArtemisQPU"},
    "remote.http.status": {"wire.status": "Status"},
    "remote.payloads": {"wire.payload": "ArtemisPayload Payload=ArtemisPayload"},
    "remote.payloads.payload": {"wire.payload": "ArtemisPayload Payload=ArtemisPayload"},
    "remote.remote": {"remote": f"BatchJob Job QPU {_JOB_FUNCTIONS} {_QPU_FUNCTIONS}"},
    "remote.remote.batch_job": {"remote": "BatchJob"},
    "remote.remote.job": {"remote": "Job"},
    "remote.remote.job_management": {"remote": _JOB_FUNCTIONS},
    "remote.remote.qpu": {"_version": "LIGHTWORKS_VERSION", "remote": "QPU"},
    "remote.remote.sampler_compiler": {},
    "remote.remote.system_management": {"remote": _QPU_FUNCTIONS},
    "remote.results": {"results": "QPUSamplingResult"},
    "remote.results.qpu_result": {"results": "QPUSamplingResult"},
    "remote.token": {"remote.configuration.tokens": "Token token"},
    "remote.token._token": {"remote.configuration.tokens": "Token"},
    "remote.utils": {
        "errors": _REMOTE_ERRORS,
        "remote": (
            "get_global_require_online install_certificate saved_job_exists set_api_url "
            "set_global_require_online"
        ),
    },
    "remote.utils.configuration": {
        "remote": "get_global_require_online install_certificate set_api_url set_global_require_online"
    },
    "remote.utils.conversion": {},
    "remote.utils.exceptions": {"errors": _REMOTE_ERRORS},
    "remote.utils.file_management": {"remote": "saved_job_exists"},
    "remote.utils.serialization": {},
    "sdk": {},
    "sdk.circuit": {"circuit": "Parameter ParameterDict PhotonicCircuit Unitary"},
    "sdk.circuit.parameters": {"circuit": "Parameter ParameterDict"},
    "sdk.circuit.photonic_circuit": {"circuit": "PhotonicCircuit"},
    "sdk.circuit.photonic_circuit_utils": {},
    "sdk.circuit.photonic_compiler": {"circuit": "CompiledPhotonicCircuit=CompiledCircuit"},
    "sdk.circuit.photonic_components": {
        "circuit.blocks": "Group UnitaryMatrix",
        "circuit.components": "Barrier BeamSplitter Component HeraldData Loss ModeSwaps PhaseShifter",
    },
    "sdk.circuit.unitary": {"circuit": "Unitary"},
    "sdk.results": {"results": "ProbabilityDistribution Result SamplingResult SimulationResult"},
    "sdk.results.probability_distribution": {"results": "ProbabilityDistribution"},
    "sdk.results.result": {"results": "Result"},
    "sdk.results.sampling_result": {"results": "SamplingResult"},
    "sdk.results.simulation_result": {"results": "SimulationResult"},
    "sdk.state": {"state": "State"},
    "sdk.state.state": {"state": "State"},
    "sdk.tasks": {
        "tasks": "Analyzer AnalyzerTask Batch Sampler SamplerTask Simulator SimulatorTask Task TaskData"
    },
    "sdk.tasks.analyzer": {"tasks": "Analyzer"},
    "sdk.tasks.batch": {"tasks": "Batch"},
    "sdk.tasks.data": {"tasks": "AnalyzerTask SamplerTask SimulatorTask TaskData"},
    "sdk.tasks.sampler": {"tasks": "Sampler"},
    "sdk.tasks.simulator": {"tasks": "Simulator"},
    "sdk.tasks.task": {"tasks": "Task"},
    "sdk.utils": {
        "circuit.convert": "convert",
        "optics.unitary": "random_permutation random_unitary",
        "rules": "PostSelection PostSelectionFunction",
    },
    "sdk.utils.conversion": {"circuit.convert": "convert"},
    "sdk.utils.exceptions": {"errors": f"{_ERRORS} BackendError"},
    "sdk.utils.heralding": {"circuit.herald_modes": "add_heralds_to_state remove_heralds_from_state"},
    "sdk.utils.matrix": {"optics.unitary": "check_unitary=unitary_within"},
    "sdk.utils.param_unitary": {"circuit": "ParameterizedUnitary"},
    "sdk.utils.permutation": {},
    "sdk.utils.post_selection": {
        "rules": (
            "DefaultPostSelection PostSelection PostSelectionFunction PostSelectionType Rule "
            "process_post_selection"
        )
    },
    "sdk.utils.random": {
        "_base.validation": "process_random_seed",
        "optics.unitary": "random_permutation random_unitary",
    },
    "sdk.utils.state": {},
    "sdk.visualisation": {"circuit.display": "display"},
    "sdk.visualisation.display_main": {"circuit.display": "display"},
    "sdk.visualisation.display_utils": {},
    "sdk.visualisation.draw_circuit_mpl": {},
    "sdk.visualisation.draw_circuit_svg": {},
    "sdk.visualisation.draw_specs": {},
    "tomography.mappings": {},
    "tomography.process_tomography_li": {"tomography": "LIProcessTomography"},
    "tomography.process_tomography_mle": {"tomography": "MLEProcessTomography"},
    "tomography.projection": {"tomography": "project_choi_to_physical project_density_to_physical"},
    "tomography.tomography": {"tomography.tomography_base": "Tomography"},
    "tomography.utils": {
        "errors": "TomographyDataError",
        "tomography": "choi_from_unitary density_from_state process_fidelity state_fidelity",
    },
}
"""Names by home, by path below `lwfast`."""
