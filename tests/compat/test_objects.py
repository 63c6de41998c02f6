"""Objects beside those of installed Lightworks: the same values, or both refuse."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast
from lwfast.emulator import Detector, Source
from tests.reference.circuits import random_pair
from tests.strategies import occupations, seeds

lightworks = pytest.importorskip("lightworks")


def _outcome(call: Any) -> Any:
    """Return what a call gives, or the name of what it raises."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__


# --- names --------------------------------------------------------------------------------------------------

CLASSES = [
    "Analyzer",
    "Batch",
    "Parameter",
    "ParameterDict",
    "PhotonicCircuit",
    "PostSelection",
    "PostSelectionFunction",
    "Sampler",
    "Simulator",
    "State",
    "Unitary",
    "convert",
]


@pytest.mark.parametrize("name", CLASSES)
def test_public_members(name: str) -> None:
    """Each public member of Lightworks' classes is there, with arguments of the same names and defaults."""
    ours, theirs = getattr(lwfast, name), getattr(lightworks, name)
    members = [n for n in dir(theirs) if not n.startswith("_")]
    assert [n for n in members if not hasattr(ours, n)] == []
    for member in ["__init__", *members]:
        expected = getattr(theirs, member)
        if not inspect.isfunction(expected):
            continue
        wanted = inspect.signature(expected).parameters
        got = inspect.signature(getattr(ours, member)).parameters
        for (wanted_name, wanted_value), (got_name, got_value) in zip(
            wanted.items(), got.items(), strict=False
        ):
            assert (wanted_name, wanted_value.default) == (got_name, got_value.default), (name, member)
        extra = list(got.values())[len(wanted) :]
        assert all(p.kind is p.KEYWORD_ONLY for p in extra), (name, member)


@pytest.mark.parametrize(("ours", "name"), [(Source, "Source"), (Detector, "Detector")])
def test_hardware_arguments(ours: type, name: str) -> None:
    """Source and Detector have Lightworks' arguments and defaults."""
    theirs = getattr(lightworks.emulator, name)
    wanted = {n: p.default for n, p in inspect.signature(theirs).parameters.items()}
    assert {n: p.default for n, p in inspect.signature(ours).parameters.items()} == wanted
    for member in wanted:
        assert getattr(ours(), member) == getattr(theirs(), member)
    assert str(ours()) == str(theirs())


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=4).filter(lambda s: sum(s) <= 3),
    st.tuples(
        st.sampled_from([1, 0.95, 0.6]),
        st.sampled_from([1, 0.7, 0.3]),
        st.sampled_from([1, 0.9, 0.2, 0]),
        st.sampled_from([1e-9, 1e-3, 0.02]),
    ),
)
def test_number_of_inputs(state: list[int], values: tuple[float, ...]) -> None:
    """A source counts as many inputs."""
    theirs = lightworks.emulator.Source(*values).check_number(lightworks.State(state))
    assert Source(*values).check_number(lwfast.State(state)) == theirs


def test_exceptions() -> None:
    """Every exception of Lightworks has its name here, with the same bases by name."""
    for module in (lightworks, lightworks.emulator):
        for name, theirs in vars(module).items():
            if isinstance(theirs, type) and issubclass(theirs, Exception):
                ours = getattr(lwfast.errors, name)
                assert issubclass(ours, lwfast.errors.LightworksError), name


def test_settings() -> None:
    """The settings have the same names."""
    assert lwfast.settings.all == lightworks.settings.all


# --- matrices -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", ["random_unitary", "random_permutation"])
@given(n=st.integers(1, 40), seed=seeds)
def test_matrices_have_the_same_bits(draw: str, n: int, seed: int) -> None:
    """The same seed gives the same matrix, bit by bit."""
    ours, theirs = getattr(lwfast, draw)(n, seed), getattr(lightworks, draw)(n, seed)
    assert ours.tobytes() == theirs.tobytes()
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)


@pytest.mark.parametrize("draw", ["random_unitary", "random_permutation"])
@pytest.mark.parametrize("seed", [-1, 1.5, "1", "a", True, [1], 2.0, np.int64(3), 2**32, 2**40])
def test_seeds(draw: str, seed: object) -> None:
    """Seeds are taken, or refused with the same kind of error, as there."""
    ours, theirs = (_outcome(lambda m=m: getattr(m, draw)(3, seed)) for m in (lwfast, lightworks))
    if isinstance(theirs, str):
        assert ours == theirs
    else:
        assert ours.tobytes() == theirs.tobytes()


# --- states and rules ---------------------------------------------------------------------------------------


@given(occupations, occupations)
def test_states(first: list[int], second: list[int]) -> None:
    """What states give is the same, but for the text of the empty one."""
    ours, theirs = lwfast.State(first), lightworks.State(first)
    assert (ours.s, ours.n_modes, ours.n_photons, len(ours)) == (
        theirs.s,
        theirs.n_modes,
        theirs.n_photons,
        len(theirs),
    )
    if first:
        assert str(ours) == str(theirs)
        assert repr(ours).replace("lwfast", "lightworks") == repr(theirs)
    assert (ours + lwfast.State(second)).s == (theirs + lightworks.State(second)).s
    assert (ours == lwfast.State(second)) == (theirs == lightworks.State(second))
    assert ours[1:].s == theirs[1:].s
    merged = [_outcome(lambda m=m: m.State(first).merge(m.State(second)).s) for m in (lwfast, lightworks)]
    assert merged[0] == merged[1]


@pytest.mark.parametrize("call", ["s.s = [1]", "s.n_modes = 1", "s[0] = 1", "s['a']", "s + [1]", "s[9]"])
def test_misused_states(call: str) -> None:
    """What must not be done raises the same exception."""
    names = []
    for module in (lwfast, lightworks):
        with pytest.raises(Exception) as caught:
            exec(call, {"s": module.State([1, 0])})
        names.append(caught.type.__name__)
    assert names[0] == names[1]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True),
            st.lists(st.integers(0, 4), min_size=1, max_size=3),
        ),
        max_size=4,
    ),
    st.booleans(),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_post_selection(
    rules: list[tuple[list[int], list[int]]], multi_rules: bool, state: list[int]
) -> None:
    """The same rules are taken or refused, and let the same states through."""
    results = []
    for module in (lwfast, lightworks):
        selection = module.PostSelection(multi_rules)
        outcomes = [_outcome(lambda m=m, n=n, s=selection: s.add(tuple(m), tuple(n))) for m, n in rules]
        passed = selection.validate(module.State(state))
        results.append((outcomes, passed, selection.modes, [r.as_tuple() for r in selection.rules]))
    assert results[0] == results[1]


# --- circuits -----------------------------------------------------------------------------------------------


def _spec(compiled: Any, losses_doubled: bool) -> list[Any]:
    """Return a specification in one form: text keys, numbers for text, each loss once (Lightworks: twice)."""
    parts: list[Any] = []
    skip = False
    for name, values in compiled._circuit_spec:
        plain = dict(values)
        if "swaps" in plain:
            plain["swaps"] = {str(start): end for start, end in plain["swaps"].items()}
        if "unitary" in plain:
            plain["unitary"] = [[complex(entry) for entry in row] for row in plain["unitary"]]
        if not skip:
            parts.append([name, plain])
        skip = losses_doubled and name == "Loss" and not skip
    return parts


def _assert_same(ours: Any, theirs: Any) -> None:
    mine, other = ours._build(), theirs._build()
    n = mine.n_modes
    assert (mine.n_modes, mine.loss_modes, mine.total_modes, mine.input_modes) == (
        other.n_modes,
        other.loss_modes,
        other.total_modes,
        other.input_modes,
    )
    # Columns of loss modes have another sign here, so that the matrix is unitary.
    assert np.abs(mine.U_full[:, :n] - other.U_full[:, :n]).max(initial=0) < 1e-12
    if not mine.loss_modes:
        assert np.abs(mine.U_full - other.U_full).max(initial=0) < 1e-12
    assert np.abs(ours.U - theirs.U).max(initial=0) < 1e-12
    for side in ("input", "output"):
        expected = list(getattr(other.heralds, side).items())
        assert list(getattr(mine.heralds, side).items()) == expected
        assert list(getattr(ours.heralds, side).items()) == expected
    assert ours.input_modes == theirs.input_modes
    assert sorted(ours._internal_modes) == sorted(theirs._internal_modes)
    assert vars_of(ours._external_heralds) == vars_of(theirs._external_heralds)
    assert lwfast.is_unitary(mine.U_full), "with its loss modes, any circuit is unitary"
    mine_spec, other_spec = _spec(mine, losses_doubled=False), _spec(other, losses_doubled=True)
    assert [part[0] for part in mine_spec] == [part[0] for part in other_spec]
    for (_, mine_values), (_, other_values) in zip(mine_spec, other_spec, strict=True):
        matrix, other_matrix = mine_values.pop("unitary", None), other_values.pop("unitary", None)
        assert mine_values == other_values
        assert (matrix is None) == (other_matrix is None)
        if matrix is not None:
            assert np.abs(np.subtract(matrix, other_matrix)).max() < 1e-14


def vars_of(heralds: Any) -> tuple[dict[int, int], dict[int, int]]:
    """Return heralds as plain dicts."""
    return dict(heralds.input), dict(heralds.output)


@pytest.mark.parametrize("seed", range(120))
def test_random_circuits(seed: int) -> None:
    """Matrix, heralds, modes and specification agree: as built, with new parameters, rewritten, unpacked."""
    pair = random_pair(seed, lwfast, lightworks)
    _assert_same(pair.ours, pair.theirs)
    for i, (ours, theirs) in enumerate(pair.parameters):
        for parameter in (ours, theirs):
            parameter.set(i / (i + 1.5))
    _assert_same(pair.ours, pair.theirs)
    _assert_same(pair.ours.copy(freeze_parameters=True), pair.theirs.copy(freeze_parameters=True))
    assert [p.get() for p in pair.ours.get_all_params()] == [p.get() for p in pair.theirs.get_all_params()]
    pair.ours.remove_non_adjacent_bs()
    pair.theirs.remove_non_adjacent_bs()
    _assert_same(pair.ours, pair.theirs)
    pair.ours.unpack_groups()
    pair.theirs.unpack_groups()
    _assert_same(pair.ours, pair.theirs)


@pytest.mark.parametrize(
    "swaps",
    [
        [{0: 1, 1: 0}, {1: 2, 2: 1}],
        [{0: 1, 1: 0}, {0: 1, 1: 0}],
        [{0: 3, 3: 0}, None, {1: 2, 2: 1}, {0: 1, 1: 2, 2: 0}],
        [{2: 3, 3: 2}, {0: 1, 1: 0}, None, {2: 3, 3: 2}],
    ],
)
def test_compressed_swaps(swaps: list[dict[int, int] | None]) -> None:
    """Joined mode swaps have the same specification."""
    circuits = []
    for module in (lwfast, lightworks):
        circuit = module.PhotonicCircuit(4)
        for swap in swaps:
            if swap is None:
                circuit.ps(0, 0.5)
            else:
                circuit.mode_swaps(swap)
        circuit.compress_mode_swaps()
        circuits.append(circuit)
    _assert_same(*circuits)


MISUSE = [
    "PhotonicCircuit(1.5)",
    "PhotonicCircuit(3).bs(0, 0)",
    "PhotonicCircuit(3).bs(2)",
    "PhotonicCircuit(3).bs(-1)",
    "PhotonicCircuit(3).bs(True)",
    "PhotonicCircuit(3).bs(0, reflectivity=2)",
    "PhotonicCircuit(3).bs(0, reflectivity='a')",
    "PhotonicCircuit(3).bs(0, convention='a')",
    "PhotonicCircuit(3).bs(0, loss=-1)",
    "PhotonicCircuit(3).bs(0, loss='a')",
    "PhotonicCircuit(3).bs(0, loss=True)",
    "PhotonicCircuit(3).bs(0, loss=Parameter(2))",
    "PhotonicCircuit(3).bs(Parameter(1), 2)",
    "PhotonicCircuit(3).ps(3, 1)",
    "PhotonicCircuit(3).ps(0.5, 1)",
    "PhotonicCircuit(3).ps(0, 'a')",
    "PhotonicCircuit(3).ps(0, True)",
    "PhotonicCircuit(3).loss(0, 1.5)",
    "PhotonicCircuit(3).barrier([4])",
    "PhotonicCircuit(3).mode_swaps({0: 1})",
    "PhotonicCircuit(3).mode_swaps({0: 4, 4: 0})",
    "PhotonicCircuit(3).herald(0, 1.0)",
    "PhotonicCircuit(3).herald(0, True)",
    "PhotonicCircuit(3).herald(5, 1)",
    "PhotonicCircuit(3).herald((0, 1, 2), 1)",
    "PhotonicCircuit(3).add(PhotonicCircuit(4))",
    "PhotonicCircuit(3).add(PhotonicCircuit(2), 2)",
    "PhotonicCircuit(3).add(3)",
    "PhotonicCircuit(3) + 3",
    "PhotonicCircuit(3) + PhotonicCircuit(4)",
    "setattr(PhotonicCircuit(3), 'n_modes', 4)",
    "Unitary([[1, 0], [0, 1]], label=3)",
    "Unitary(__import__('numpy').ones((2, 3)))",
    "Parameter(1, bounds=3)",
    "Parameter(1, bounds=[1])",
    "Parameter('a', bounds=[1, 2])",
    "Parameter(3, bounds=[1, 2])",
    "Parameter(1, label=3)",
    "Parameter(1, bounds=[0, 2]).set(3)",
    "Parameter(1, bounds=[0, 2]).set('a')",
    "ParameterDict(a=1)['b']",
    "ParameterDict(a=1).remove('b')",
    "ParameterDict(a=1).__setitem__('a', Parameter(1))",
    "ParameterDict(a=1).__setitem__('b', 1)",
    "convert.decimal_to_db_loss(1)",
    "convert.qubit_to_dual_rail([2])",
    "convert.dual_rail_to_qubit(State([1]))",
    "convert.dual_rail_to_qubit(State([1, 1]))",
    "Sampler(1, State([1]), 1)",
    "Sampler(PhotonicCircuit(2), [1, 0], 1)",
    "Sampler(PhotonicCircuit(2), State([1]), 1)",
    "Sampler(PhotonicCircuit(2), State([1, -1]), 1)",
    "Sampler(PhotonicCircuit(2), State([1.0, 0]), 1)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1.0)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), -1)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), True)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1, post_selection=3)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1, min_detection=1.5)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1, source=3)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1, detector=3)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1, random_seed=1.5)",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1, sampling_mode='a')",
    "Sampler(PhotonicCircuit(2), State([1, 0]), 1).probability_distribution",
    "Simulator(PhotonicCircuit(2), State([1]))",
    "Simulator(PhotonicCircuit(2), [[1, 0]])",
    "Simulator(PhotonicCircuit(2), State([1, 0]), State([1]))",
    "Analyzer(PhotonicCircuit(2), State([1]))",
    "Analyzer(PhotonicCircuit(2), State([1, 0]), post_selection=3)",
    "Batch(3)",
    "Batch(Sampler, [3])",
    "Batch(Sampler, [[1, 2], [1, 2, 3]])",
    "Batch(Sampler, task_kwargs={3: [1]})",
    "Batch(Sampler, parameters={3: [1]})",
    "Batch(Sampler, [[1], [2], [3]])",
    "Batch().add(3)",
    "PostSelection().add(-1, 1)",
    "PostSelection().add(0, -1)",
    "PostSelection().add(0.5, 1)",
    "PostSelectionFunction(3)",
    "setattr(settings, 'other', 1)",
    "settings.other",
    "emulator.Source(purity=0.5)",
    "emulator.Source(brightness=2)",
    "emulator.Source(brightness='a')",
    "emulator.Source(indistinguishability=True)",
    "emulator.Detector(efficiency=2)",
    "emulator.Detector(p_dark='a')",
    "emulator.Detector(photon_counting=1)",
]


@pytest.mark.parametrize("call", MISUSE)
def test_misuse_raises_the_same_exceptions(call: str) -> None:
    """A wrong call raises an exception of the same name, or of a child of it."""
    with pytest.raises(Exception) as theirs:
        eval(call, dict(vars(lightworks)))
    names = [*CLASSES, "settings", "emulator"]
    with pytest.raises(Exception) as ours:
        eval(call, {name: getattr(lwfast, name) for name in names})
    general = {"Exception", "BaseException", "object", "LightworksError"}
    kinds = {cls.__name__ for cls in theirs.type.__mro__} - general
    assert kinds & {cls.__name__ for cls in ours.type.__mro__}


@pytest.mark.parametrize("allow_invalid", [True, False])
@given(st.lists(st.sampled_from([[1, 0], [0, 1], [1, 1], [0, 0]]), max_size=5))
def test_dual_rail(allow_invalid: bool, pairs: list[list[int]]) -> None:
    """Encodings convert alike, with X for what is no qubit."""
    values = [n for pair in pairs for n in pair]
    mine, other = (
        _outcome(lambda m=m: str(m.convert.dual_rail_to_qubit(m.State(values), allow_invalid)))
        for m in (lwfast, lightworks)
    )
    assert mine == (other if pairs else "|>"), "Lightworks shows a state without modes as >"


@given(occupations, st.booleans(), st.floats(0, 60))
def test_conversions(values: list[int], invert: bool, loss: float) -> None:
    """Mappings and losses convert alike."""
    for name in ("threshold_mapping", "parity_mapping"):
        mine, other = (getattr(m.convert, name)(m.State(values), invert).s for m in (lwfast, lightworks))
        assert mine == other
    decimal = lightworks.convert.db_loss_to_decimal(loss)
    assert lwfast.convert.db_loss_to_decimal(loss) == decimal
    assert lwfast.convert.decimal_to_db_loss(decimal) == lightworks.convert.decimal_to_db_loss(decimal)


def _checks(check: Any, matrix: Any, precision: float | None) -> object:
    try:
        return check(matrix, precision), check(U=matrix, precision=precision)
    except ValueError as error:
        return type(error)


@pytest.mark.parametrize("precision", [None, 1e-3, 1e-12])
def test_check_unitary_answers(precision: float | None) -> None:
    """At Lightworks' path it says yes or no, as there; a program may test what it returns."""
    from lightworks.sdk.utils.matrix import check_unitary as theirs
    from lwfast.sdk.utils.matrix import check_unitary as ours

    drawn = lwfast.random_unitary(3, seed=1)
    for matrix in (drawn, drawn + 1e-6, 2 * drawn, np.identity(2), np.ones((2, 3))):
        assert _checks(ours, matrix, precision) == _checks(theirs, matrix, precision)
    assert ours(drawn) is True
    assert ours(2 * drawn) is False


def test_a_sampler_of_lightworks_has_its_distribution_where_no_outcome_counts() -> None:
    """Run on lwfast's backend, as on Lightworks' own."""
    distributions = []
    for backend, error in (
        (lwfast.emulator.Backend(), lwfast.SamplerError),
        (lightworks.emulator.Backend("slos"), lightworks.SamplerError),
    ):
        circuit = lightworks.Unitary(lightworks.random_unitary(3, seed=1))
        task = lightworks.Sampler(circuit, lightworks.State([1, 0, 1]), 5, lambda state: False)
        with pytest.raises(error):
            backend.run(task)
        distributions.append({tuple(state): p for state, p in task.probability_distribution.items()})
    assert distributions[0].keys() >= distributions[1].keys()
    assert all(abs(p - distributions[1].get(state, 0)) < 1e-9 for state, p in distributions[0].items())
