"""Names of Lightworks that `lwfast` does not have, with the reasons; `docs/compatibility.md` lists them."""

from __future__ import annotations

PAGE = "docs/compatibility.md, 'Names that are absent'"
"""What the errors point at."""

_BACKENDS = "A backend is chosen by name here: `Backend('slos')`, `Backend('permanent')`."
_RUNNERS = "`Backend.run` takes a whole task; there are no separate runner objects."
_LABELS = "Imperfect sources are worked out without annotated states."
_SOURCE = "The parts of a `Source` are worked out within the distribution."
_REWRITE = "Circuits are rewritten by their methods: `unpack_groups`, `compress_mode_swaps`, `copy`, ..."
_DRAWING = "Drawings are made by `PhotonicCircuit.display`, `save_figure` and `display`."
_HTTP = "Requests are made by `lwfast.remote.Client`, which has its own errors, limits and retries."
_FIELDS = "Fields of the wire are named in the structs of `lwfast.wire`."
_FILES = "Files are written by `Job.save_to_file` and the results' `save`, and read by `load_job_from_file`."
_SETTINGS = "Settings are read and written by the functions of `lwfast.remote`, in a folder of lwfast's own."
_WIRE = "Payloads are compiled and encoded within `QPU.run`; `Job.payload` shows one."
_GATES = "The converter's tables are private; call `qiskit_converter`."
_TOMOGRAPHY = "The classes of `lwfast.tomography` hold their experiments and bases themselves."
_CHECKS = "Tasks check their states themselves when they are made."

ABSENT: dict[str, dict[str, str]] = {
    "emulator.backends": {"FockBackend PermanentBackend SLOSBackend": _BACKENDS},
    "emulator.backends.abc_backend": {"EmulatorBackend": _BACKENDS},
    "emulator.backends.caching": {
        "CacheData check_parameter_updates get_calculation_values": "A backend keeps nothing between runs."
    },
    "emulator.backends.fock_backend": {"FockBackend": _BACKENDS},
    "emulator.backends.permanent": {
        "PermanentBackend": _BACKENDS,
        "partition": "Permanents of one transition are `lwfast.permanent(matrix, rows=..., cols=...)`.",
    },
    "emulator.backends.slos": {
        "SLOSBackend": _BACKENDS,
        "a_i_dagger add_dicts vector_factorial": "Whole distributions are `lwfast.output_distribution`.",
    },
    "emulator.components.source": {
        "apply_threshold group_empty_modes purity_to_prob quantity_check": _SOURCE,
    },
    "emulator.simulation": {"AnalyzerRunner RunnerABC SamplerRunner SimulatorRunner": _RUNNERS},
    "emulator.simulation.analyzer": {"AnalyzerRunner": _RUNNERS},
    "emulator.simulation.probability_distribution": {
        "annotated_state_pdist_calc pdist_calc": "Whole distributions are `lwfast.output_distribution`."
    },
    "emulator.simulation.runner": {"RunnerABC": _RUNNERS},
    "emulator.simulation.sampler": {"SamplerRunner": _RUNNERS},
    "emulator.simulation.simulator": {"SimulatorRunner": _RUNNERS},
    "emulator.state": {"AnnotatedState": _LABELS},
    "emulator.state.annotated_state": {"AnnotatedState": _LABELS},
    "emulator.utils.sim": {"check_photon_numbers": _CHECKS},
    "emulator.utils.state": {"annotated_state_to_string": _LABELS},
    "interferometers.decomposition": {"bs_matrix check_null": "They are steps of `reck_decomposition`."},
    "interferometers.dists.utils": {"is_number": "The distributions check their numbers themselves."},
    "qubit.converter.qiskit_convert": {"ALLOWED_GATES": _GATES},
    "qubit.gates.single_qubit_gates": {"get_name": "Gates carry their names themselves."},
    "remote": {"warning_on_one_line": "Warnings are shown as the user's program shows them."},
    "remote.http": {"ArtemisHTTPInterface": _HTTP},
    "remote.http.artemis_interface": {"ArtemisHTTPInterface": _HTTP},
    "remote.http.artemis_job_details": {
        "ARTEMIS_JOB_DETAILS_MAP": _FIELDS,
        "get_no_results_reason": "The `ResultsError` of a job without results gives the reason.",
    },
    "remote.http.artemis_qpu_details": {"ARTEMIS_QPU_DETAILS_MAP": _FIELDS},
    "remote.http.interface": {"HTTPInterface MAX_RETRY TIMEOUT auto_retry catch_error_codes": _HTTP},
    "remote.remote.qpu": {"get_job_name": "`QPU.run` numbers the jobs of a batch itself."},
    "remote.remote.sampler_compiler": {"SamplerCompiler": _WIRE},
    "remote.results.qpu_result": {
        "apply_post_selection meets_post_selection": "Tables are post-selected by `lwfast.post_select`."
    },
    "remote.utils": {
        "convert_fock_data_to_state": "Bodies of results are read by `lwfast.decode_result`.",
        "get_data_from_json write_data_to_json": _FILES,
        "get_persistent_file_data_location": _SETTINGS,
    },
    "remote.utils.configuration": {"APIURL URL": _SETTINGS},
    "remote.utils.conversion": {
        "convert_fock_data_to_state": "Bodies of results are read by `lwfast.decode_result`."
    },
    "remote.utils.file_management": {
        "get_data_from_json validate_json_filename write_data_to_json": _FILES,
        "get_persistent_file_data_location get_settings_file_location read_settings "
        "update_settings": _SETTINGS,
    },
    "remote.utils.serialization": {
        "serialize serialize_complex serialize_dict serialize_list serialize_numpy_array serialize_payload "
        "serialize_state": _WIRE
    },
    "sdk.circuit.parameters": {"is_numeric": "Parameters check their values themselves."},
    "sdk.circuit.photonic_circuit_utils": {
        "add_empty_mode_to_circuit_spec add_mode_to_unitary add_modes_to_circuit_spec check_loss "
        "combine_mode_swap_dicts compress_mode_swaps convert_non_adj_beamsplitters "
        "find_optimal_mode_swapping unpack_circuit_spec": _REWRITE
    },
    "sdk.circuit.photonic_components": {
        "SERIALIZED_COMPONENT is_real": "They are parts of the components' own checks and serialisation."
    },
    "sdk.state.state": {"state_to_string": "`str(State(...))` gives the text."},
    "sdk.tasks.batch": {
        "copy_circuit process_values": "`Batch` reads its arguments itself, and only reads them."
    },
    "sdk.utils.permutation": {
        "permutation_mat_from_swaps_dict": "The `U` of a circuit with `mode_swaps` is that matrix."
    },
    "sdk.utils.post_selection": {
        "check_int check_int_or_tuple": "`PostSelection.add` checks its modes and photon numbers itself."
    },
    "sdk.utils.state": {"check_herald_difference validate_states": _CHECKS},
    "sdk.visualisation.display_utils": {"MPLSettings SVGSettings process_parameter_value": _DRAWING},
    "sdk.visualisation.draw_circuit_mpl": {"DrawCircuitMPL": _DRAWING},
    "sdk.visualisation.draw_circuit_svg": {"DrawCircuitSVG": _DRAWING},
    "sdk.visualisation.draw_specs": {
        "BarrierDrawing BeamSplitterDrawing CurvedRectangle DrawSpec HeraldDrawing LossDrawing "
        "ModeSwapDrawing "
        "PhaseShifterDrawing TextDrawing UnitaryDrawing WaveguideDrawing simplify_phase": _DRAWING
    },
    "tomography.mappings": {
        "INPUT_MAPPING MEASUREMENT_MAPPING PAULI_MAPPING RHO_MAPPING r_transform": _TOMOGRAPHY
    },
    "tomography.process_tomography_mle": {"MLETomographyAlgorithm": _TOMOGRAPHY},
}
"""The reason for each name, by path below `lwfast`; names with one reason stand together."""


def why_absent(path: str, name: str | None = None) -> str | None:
    """Return why a name of Lightworks is absent, or the first reason at a path, or None."""
    for names, reason in ABSENT.get(path, {}).items():
        if name is None or name in names.split():
            return reason
    return None
