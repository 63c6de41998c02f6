"""Which files `where` keeps and `group_by` puts together: by one rule, which never merges two settings."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.errors import ResultError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.columns.settings.same_values import SameValues
from lwfast.results.processing.named_columns import NamedColumns
from tests.results.campaign_runs import START

SECOND, FOURTH = (dt.datetime(2026, 5, day, tzinfo=dt.UTC).replace(tzinfo=None) for day in (2, 4))


@pytest.fixture
def made(tmp_path):
    """A function that saves a file for each of some values of a parameter, and scans them."""

    def make(values, name="x", **about):
        folder = tmp_path / f"folder_{len(list(tmp_path.iterdir()))}"
        for k, value in enumerate(values):
            extra = {key: column[k] for key, column in about.items()}
            one = SamplingResult.from_columns([[1]], [1 << k % 40], metadata=extra)
            one.with_parameters(**{name: value}).save(folder / f"run_{k:03}.npz")
        return scan_results(folder)

    return make


def found(campaign):
    """The numbers of the files."""
    return [int(path.stem[4:]) for path in campaign.paths]


# --- one value or several ---------------------------------------------------------------------------------


def test_integers_are_compared_exactly(made):
    first = 17640000010000
    campaign = made(
        range(12), job_id=[first + k for k in range(12)], started=[1764000000 + k for k in range(12)]
    )
    assert found(campaign.where(job_id=first + 5)) == [5]
    assert found(campaign.where(started=1764000003)) == [3]
    assert found(campaign.where(started=1764000003.0)) == [3]
    assert len(campaign.group_by("job_id")) == 12
    assert campaign.group_by("job_id").keys == campaign.files["job_id"]
    # Of a column of pandas that had gaps, integers are floats.
    floats = [float(first + k) for k in range(12)]
    assert made(floats).group_by("x").keys == floats
    assert found(campaign.where(job_id=floats[5])) == [5]


def test_a_large_number_in_a_column_does_not_make_others_equal(made):
    detunings = [0, 1, 10, *(10.0**k for k in range(3, 13))]
    for values in (detunings, [float(value) for value in detunings], [value * 1e-12 for value in detunings]):
        campaign = made(values)
        assert [found(campaign.where(x=value)) for value in values] == [[k] for k in range(13)]
        assert len(campaign.group_by("x")) == 13


def test_rounding_zeros_are_zero_for_both(made):
    ranges = [*np.arange(-1, 1.05, 0.1).tolist(), *np.linspace(-1, 1, 21).tolist()]
    campaign = made(ranges, "phi")
    groups = campaign.group_by("phi")
    assert len(groups) == 21
    assert groups.keys == [round(-1 + 0.1 * k, 1) + 0.0 for k in range(21)]
    assert [str(key) for key in groups.keys][10] == "0.0"
    for k, key in enumerate(groups.keys):
        assert found(campaign.where(phi=key)) == [k, 21 + k]
        assert groups.paths[ranges[k]] == groups.paths[ranges[21 + k]] == groups.paths[key]
    # What `where` has left does not change what is 0.
    assert campaign.where(phi=0).group_by("phi").keys == [0.0]
    assert campaign.where(phi=0).map("threshold").group_by("phi").keys == [0.0]
    few = made([0.0, 0.1, 0.2])
    assert found(few.where(x=2.0**-52)) == [0]
    with pytest.raises(ValueError, match="not 1e-15"):  # which somebody typed
        few.where(x=1e-15)
    assert pickle.loads(pickle.dumps(groups.merge()))[ranges[10]].n_samples == groups.merge()[0].n_samples


def test_keys_are_the_numbers_that_people_type(made):
    pytest.importorskip("polars")
    campaign = made([0.1 + 0.2, 0.1 * 3, np.pi / 4, 0.7], "theta")
    groups = campaign.group_by("theta")
    assert groups.keys == [0.3, 0.7, np.pi / 4]
    table = groups.merge().to_polars()
    assert [table.filter(table["theta"] == key).height for key in (0.3, 0.7, np.pi / 4)] == [1, 1, 1]
    written = groups.merge().save(campaign.paths[0].parent / "out")
    assert [path.parent.name for path in written] == ["theta=0.3", "theta=0.7", f"theta={np.pi / 4}"]
    again = scan_results(campaign.paths[0].parent / "out")
    assert again.group_by("theta").keys == groups.keys
    assert groups.expectation({(1,): 1}).positions == groups.keys


def test_a_saved_group_of_a_rounding_zero_is_read_again(made, tmp_path):
    groups = made([2.0**-52, 1.0], "phi").group_by("phi")
    groups.merge().save(tmp_path / "out")
    groups.merge(resume=tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["phi=0.0.npz", "phi=1.0.npz"]
    assert scan_results(tmp_path / "out").group_by("phi").keys == [0.0, 1.0]


def test_times_and_frequencies_that_agree_in_ten_digits_stay_apart(made):
    for values in (
        [1764000000 + 0.25 * k for k in range(5)],
        [193414489032258.06 + 1000.5 * k for k in range(5)],
        [193.414489032 + 1e-9 * k for k in range(5)],
    ):
        campaign = made(values)
        assert len(campaign.group_by("x")) == 5
        assert [found(campaign.where(x=value)) for value in values] == [[k] for k in range(5)]
    noisy = [(193.414489032 + 1e-9 * k) * (1 + 2e-16 * sign) for k in range(5) for sign in (-1, 1)]
    assert len(made(noisy).group_by("x")) == 5


def test_numbers_halfway_between_two_of_ten_digits_are_one_with_their_neighbours():
    for value in (2.0**-15, 0.12345678905, 8.0000000005, 1 + 2.0**-11):
        near = [
            value,
            np.nextafter(value, 0),
            np.nextafter(value, 9),
            value * (1 + 1e-15),
            value * (1 - 1e-15),
        ]
        rule = SameValues.of([*map(float, near), 3.0])
        assert len(set(map(rule.compared, near))) == 1


STEPS = st.sampled_from([0.001, 0.01, 0.1, 0.05, 0.25, 0.3, 1 / 3, 1e-12, 1e-9, 1e6, math.pi / 7])


@given(STEPS, st.integers(-40, 0), st.integers(2, 80), st.integers(0, 60))
def test_a_range_has_as_many_values_as_steps(step, low, n, seed):
    """Whichever way it is computed."""
    start = low * step
    ways = [
        np.arange(n) * step + start,
        np.linspace(start, start + (n - 1) * step, n),
        np.arange(start, start + (n - 0.5) * step, step),
        np.cumsum([start] + [step] * (n - 1)),
        np.array([(low + k) * step for k in range(n)]),
    ]
    mixed = np.random.default_rng(seed).permutation(np.concatenate(ways)).tolist()
    rule = SameValues.of(mixed)
    columns = [[rule.compared(value) for value in way.tolist()] for way in ways]
    assert all(column == columns[0] for column in columns)
    assert len(set(columns[0])) == n
    if -low < n:
        assert columns[0][-low] == rule.compared(0)
    shown = rule.shown(mixed)
    assert list(map(rule.compared, shown)) == list(map(rule.compared, mixed))
    assert len(set(shown)) == n


@given(
    st.sets(st.tuples(st.integers(-(10**6) + 1, 10**6 - 1), st.integers(-15, 15)), min_size=1, max_size=12)
)
def test_typed_numbers_are_never_merged(numbers):
    """Numbers of up to six digits, over any range of sizes."""
    values = sorted({float(f"{number}e{power}") for number, power in numbers})
    rule = SameValues.of(values)
    assert len({rule.compared(value) for value in values}) == len(values)
    assert rule.shown(values) == values


@given(st.floats(-6, 6), st.floats(0.05, 3), st.integers(2, 30), st.booleans())
def test_logarithmic_scans_are_never_merged(first, step, n, with_zero):
    values = [*(10 ** (first - step * k) for k in range(n)), *([0.0] if with_zero else [])]
    rule = SameValues.of(values)
    assert len({rule.compared(value) for value in values}) == len(set(values))


@given(st.lists(st.integers(-(2**70), 2**70) | st.booleans() | st.text(max_size=3) | st.none(), min_size=1))
def test_what_is_not_a_float_is_compared_exactly(values):
    rule = SameValues.of([*values, 0.5])
    for one in values:
        for other in values:
            same = type(one) is type(other) and one == other
            assert (rule.compared(one) == rule.compared(other)) is same
    assert rule.shown(values) == values


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8))
def test_a_key_is_one_with_its_values(values):
    rule = SameValues.of(values)
    for value, key in zip(values, rule.shown(values), strict=True):
        assert rule.compared(key) == rule.compared(value)


# --- what where takes -------------------------------------------------------------------------------------


def numbers_of(values):
    pandas, polars, pyarrow = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))
    return [
        values, tuple(values), set(values), frozenset(values), deque(values), dict.fromkeys(values).keys(),
        np.array(values), [np.int64(values[0]), *values[1:]], [np.float64(values[0]), np.int8(values[1])],
        pandas.Series(values, index=list(values)), pandas.Index(values), polars.Series(values),
        pyarrow.array(values), pyarrow.chunked_array([values]),
    ]  # fmt: skip


def test_where_takes_several_values_in_any_form(made):
    campaign = made(range(30), "shot")
    for several in numbers_of([3, 7]):
        assert found(campaign.where(shot=several)) == [3, 7], type(several)
    assert found(campaign.where(shot=range(3, 8, 4))) == [3, 7]


@pytest.mark.parametrize("one", [np.int64(1), np.uint8(1), np.float64(1), np.float32(1), np.array(1), 1.0])
def test_where_takes_numbers_of_numpy(made, one):
    assert found(made(range(5)).where(x=one)) == [1]


def test_what_pandas_has_for_none_is_none(made):
    pandas = pytest.importorskip("pandas")
    campaign = made([0.5, None, 1.5])
    assert found(campaign.where(x=campaign.files.to_pandas()["x"].unique())) == [0, 1, 2]
    assert found(campaign.where(x=float("nan"))) == found(campaign.where(x=pandas.NaT)) == [1]


def test_where_takes_truth_and_text_of_numpy(made):
    campaign = made([True, 1, "a"])
    assert found(campaign.where(x=np.True_)) == [0]
    assert found(campaign.where(x=np.str_("a"))) == [2]
    assert found(campaign.where(x=np.int8(1))) == [1]


@pytest.mark.parametrize("odd", [slice(0, 3), 1j, b"a", object(), (x for x in ()), [slice(3)], [1, {2}]])
def test_where_refuses_what_it_cannot_compare(made, odd):
    with pytest.raises(
        TypeError, match=r"The column x cannot be compared with .* of type \w+; .*x=lambda value: value > 0"
    ):
        made([0, 1]).where(x=odd)


def test_where_takes_times(made):
    times = [(START + dt.timedelta(hours=k)).isoformat() for k in range(4)]
    times[2] = times[2].replace("+00:00", "Z")
    campaign = made(range(4), finished_date=times)
    away = dt.timezone(dt.timedelta(hours=3))
    for k in range(4):
        time = START + dt.timedelta(hours=k)
        plain = time.replace(tzinfo=None)
        exact = np.datetime64(plain, "ns")
        for one in (time, time.astimezone(away), plain, exact, np.array([exact]), times[k]):
            assert found(campaign.where(finished_date=one)) == [k]
    with pytest.raises(ValueError, match="None of the 4 files is left: finished_date is '2026"):
        campaign.where(finished_date=START - dt.timedelta(hours=1))
    assert found(campaign.where(finished_date=[START, times[1]])) == [0, 1]


def test_a_date_is_a_day_in_utc(made):
    times = [
        "2026-05-01T23:59:59",
        "2026-05-02T00:00:00+00:00",
        "2026-05-02T23:30:00Z",
        "2026-05-03T01:00:00+02:00",
        "2026-05-02T01:00:00+02:00",
        "2026-05-02",
        "no time",
        "0001-01-01T00:00:00+10:00",
    ]
    campaign = made(range(8), finished_date=times)
    day = dt.date(2026, 5, 2)
    for one in (day, np.datetime64("2026-05-02"), np.array(["2026-05-02"], "datetime64[D]"), [day]):
        assert found(campaign.where(finished_date=one)) == [1, 2, 3, 5]
    assert found(campaign.where(finished_date=[dt.date(2026, 5, 1), day])) == [0, 1, 2, 3, 4, 5]
    assert found(campaign.where(finished_date=SECOND)) == [1, 5]
    assert found(campaign.where(finished_date="2026-05-02")) == [5]
    with pytest.raises(ValueError, match=r"finished_date is .*, not 2026-05-04 \(a day in UTC\)\.$"):
        campaign.where(finished_date=dt.date(2026, 5, 4))
    with pytest.raises(ValueError, match=r"finished_date is .*, not 2026-05-04T00:00:00\.$"):
        campaign.where(finished_date=FOURTH)


def test_a_function_that_compares_text_with_times_is_told_so(made):
    campaign = made(range(2), finished_date=["2026-05-01T12:00:00", "2026-05-02T12:00:00"])
    for function in (lambda time: time > SECOND, lambda time: time.date()):
        with pytest.raises(
            TypeError, match=r"for finished_date got '2026-05-01T12:00:00', which is text, as "
        ) as e:
            campaign.where(finished_date=function)
        assert isinstance(e.value.__cause__, TypeError | AttributeError)
    assert found(campaign.where(finished_date=lambda time: time > "2026-05-02")) == [1]
    parsed = campaign.where(finished_date=lambda time: dt.datetime.fromisoformat(time) < SECOND)
    assert found(parsed) == [0]


def test_what_a_function_got_is_named(made):
    campaign = made([0, 1, 2], "z", finished_date=["2026-05-01", None, None])
    with pytest.raises(
        TypeError, match="for finished_date got None, which stands for a file without the value"
    ):
        campaign.where(finished_date=lambda time: time > "")
    with pytest.raises(ZeroDivisionError) as caught:
        campaign.where(z=lambda value: 1 / value)
    assert caught.value.__notes__ == ["The function that where was given for z got 0."]
    with pytest.raises(KeyError) as of_row:
        campaign.filter(lambda row: row["phi"])
    assert "The function that filter was given got the row of " in of_row.value.__notes__[0]


# --- lists ------------------------------------------------------------------------------------------------


def test_groups_by_lists(made, tmp_path):
    """The key is a tuple, which a dict takes too."""
    campaign = made([[1, 2], [1, 2.0], [2, 1], [0.1 + 0.2, 0.5], {"b": 1, "a": [2]}, (1, 2)], "z")
    groups = campaign.group_by("z")
    assert set(groups.keys) == {(1, 2), (2, 1), (0.3, 0.5), '{"a": [2], "b": 1}'}
    totals = groups.merge()
    assert totals[[1, 2]].n_samples == totals[1, 2].n_samples == 0b100011
    assert totals[0.3, 0.5].n_samples == 0b1000
    assert dict(totals).keys() == set(groups.keys)
    assert found(campaign.where(z=[[1, 2]])) == [0, 1, 5]
    assert found(campaign.where(z=[(2, 1), {"a": [2], "b": 1}])) == [2, 4]
    assert groups.manifest["z"][0] == (1, 2)
    assert len(groups.merge(resume=tmp_path / "kept")) == len(list((tmp_path / "kept").iterdir())) == 4
    assert groups.expectation({(1,): 1}).positions == groups.keys
    again = scan_results(totals.save(tmp_path / "out")).group_by("z")
    assert set(again.keys) == set(groups.keys)


def test_tables_of_groups_by_lists(made):
    pytest.importorskip("polars")
    totals = made([[1, 2], [2, 1]], "z").group_by("z").merge()
    assert totals.to_arrow().column("z").to_pylist() == [[1, 2], [2, 1]]
    assert totals.to_polars()["z"].to_list() == [[1, 2], [2, 1]]
    assert len(totals.to_pandas()) == 2
    assert made([[1, 2], [2, 1]], "z").group_by("z").expectation({(1,): 1}).to_polars()["z"].to_list() == [
        [1, 2],
        [2, 1],
    ]


# --- names ------------------------------------------------------------------------------------------------

OWN = ["value", "n_samples", "state", "counts", "probability", "samples", "states", "status", "kept"]


@pytest.mark.parametrize("name", OWN)
def test_a_parameter_keeps_its_column_beside_those_of_a_table(made, name):
    for module in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(module)
    groups = made(["a", "b", "a"], name).group_by(name)
    totals, trend = groups.merge(), groups.expectation({(1,): 1})
    of_totals, of_trend = ["state", "counts", "probability", "error"], ["value", "error", "n_samples"]
    for table, own in ((totals, of_totals), (trend, of_trend)):
        shown = f"group_{name}" if name in own else name
        for frame in (table.to_pandas(), table.to_polars()):
            assert list(frame.columns) == [shown, *own]
            assert list(frame[shown]) == ["a", "b"]
    assert totals.to_arrow().column_names == list(totals.to_pandas().columns)
    assert [line.split()[0] for line in repr(totals).splitlines()[1:]] == ["a", "b"]
    assert trend.positions == ["a", "b"]
    assert groups.names == (name,)


def test_saved_groups_keep_the_columns_of_their_files(made, tmp_path):
    """A folder `state=...` would hide the states from DuckDB and polars."""
    polars = pytest.importorskip("polars")
    totals = made(["a", "b"], "state").group_by("state").merge()
    totals.save(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["group_state=a", "group_state=b"]
    frame = polars.read_parquet(tmp_path / "out" / "**" / "*.parquet", hive_partitioning=True)
    assert frame["state"].to_list() == [[1], [1]]
    assert frame["group_state"].to_list() == ["a", "b"]
    assert set(scan_results(tmp_path / "out").group_by("state").merge()) == {"a", "b"}


def test_names_that_are_given_twice(made):
    campaign = made([1, 2], "value", group_value=["a", "b"])
    table = campaign.group_by("value", "group_value").expectation({(1,): 1}).table()
    assert list(table) == ["group_group_value", "group_value", "value", "error", "n_samples"]
    assert (table["group_group_value"], table["group_value"]) == ([1, 2], ["a", "b"])
    with pytest.raises(ValueError, match="'value' is named twice"):
        campaign.group_by("value", "value")
    odd = made([1, 2], "a, b").group_by("a, b").expectation({(1,): 1})
    assert odd.table()["a, b"] == [1, 2]


# --- what is said -----------------------------------------------------------------------------------------


def test_where_says_which_values_there_are(made):
    campaign = made([0.1 * k for k in range(5)] * 2, "theta", qpu=["A"] * 5 + ["B"] * 5)
    few = r"None of the 10 files is left: theta is 0, 0\.1, 0\.2, 0\.3, 0\.4, not 9\.9\."
    with pytest.raises(ValueError, match=few):
        campaign.where(theta=9.9)
    with pytest.raises(ValueError, match=r"theta is .*, none of 9, '0\.1', True\."):
        campaign.where(theta=[9, "0.1", True])
    with pytest.raises(ValueError, match=r"qpu is 'A', 'B', not 'C'; theta is .*, not 7\."):
        campaign.where(qpu="C", theta=7)
    with pytest.raises(ValueError, match=r"theta is .*, and the function that was given accepts none"):
        campaign.where(theta=lambda value: value > 1)
    with pytest.raises(ValueError, match=r"theta is .*, and no value was given"):
        campaign.where(theta=[])
    with pytest.raises(ValueError, match=r"some meet each of theta, qpu, but none meets all"):
        made([0, 1], "theta", qpu=["A", "B"]).where(theta=0, qpu="B")
    with pytest.raises(ValueError, match=r"x is 0, 1, 2 \.\.\. 29, not 30"):
        made(range(30)).where(x=30)
    with pytest.raises(ValueError, match=r"x is 1, missing, not 3"):
        made([1, None]).where(x=3)
    with pytest.raises(
        ValueError, match=r"the function accepts no row of `files`, the first of which is \{'path'"
    ):
        campaign.filter(lambda row: False)


def test_a_broken_file_does_not_stand_for_those_that_were_asked_for(made):
    """It stays where some others do; alone it would be an empty sum."""
    campaign = made([0, 1, 2])
    campaign.paths[1].write_bytes(b"PK")
    assert len(campaign.where(x=2)) == 2
    with pytest.raises(ValueError, match="None of the 2 files that can be read is left: x is 0, 2, not 1"):
        campaign.where(x=1)


def test_groups_may_be_told_apart_by_their_kept_sums(made, tmp_path):
    values = [1764000000 + 0.25 * k for k in range(3)]
    groups = made(values).group_by("x")
    assert len(groups.merge(resume=tmp_path / "kept")) == 3
    with pytest.raises(ResultError, match="both be kept"):
        made([1, "1"]).group_by("x").merge(resume=tmp_path / "other")
    assert lw.scan_results(tmp_path / "kept").merge().n_samples == 0b111


# --- how tables are shown ---------------------------------------------------------------------------------


def test_cells_stand_below_each_other():
    """Numbers at the right, text at the left, and settings that differ look different."""
    rows = [
        {"path": "runs/a.npz", "theta": 0.5, "qpu": "Artemis", "n": 7},
        {"path": f"{'very/' * 20}run_10.npz", "theta": -1.25, "n": None},
        {"path": "b\nc.npz", "theta": 1 / 3, "qpu": "A", "n": 12345},
    ]
    long = f"{('very/' * 20)[:16]}…{('very/' * 20 + 'run_10.npz')[-31:]}"
    assert repr(NamedColumns(rows)).splitlines() == [
        "path                                                 theta  qpu          n",
        "runs/a.npz                                             0.5  Artemis      7",
        f"{long}     -1.25  -            -",
        "b c.npz                                           0.333333  A        12345",
    ]
    assert len(long) == 48
    times = NamedColumns([{"t": 1764000000.25}, {"t": 1764000000.5}, {"t": None}])
    assert repr(times) == "            t\n1764000000.25\n 1764000000.5\n            -"
    assert repr(NamedColumns([{"t": 0.1 + 0.2}, {"t": 0.3}])) == "  t\n0.3\n0.3"
    assert repr(NamedColumns([], ["a", "b"])) == "a  b"


def test_groups_have_the_verbs_of_single_results(tmp_path):
    for k in range(4):
        rows = np.random.default_rng(k).integers(0, 3, (40, 4))
        one = SamplingResult.from_columns(rows, np.arange(1, 41)).with_parameters(theta=k % 2)
        one.save(tmp_path / f"run_{k}.npz")
    totals = scan_results(tmp_path).group_by("theta").merge()
    verbs = {
        "map": (lw.convert.threshold_mapping,),
        "post_select": ([((0,), 1)], {3: 0}),
        "apply_post_selection": ([((0,), 1)],),
        "marginal": ([0, 2],),
        "binned": ([[0, 1], [2, 3]],),
    }
    for verb, arguments in verbs.items():
        done = getattr(totals, verb)(*arguments)
        assert list(done) == [0, 1]
        for key in (0, 1.0):
            single = getattr(totals[key], verb)(*arguments)
            assert done[key] == single
            assert done[key].history == single.history
    assert totals.map("threshold").expectation({(1, 1, 1, 1): 1}).name == "theta"
    assert totals.map(lw.convert.parity_mapping, invert=True)[0] != totals.map("parity")[0]
