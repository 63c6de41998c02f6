"""Files of the most usual kind go through a campaign without results in between: the answer is the same."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast._base import parallel
from lwfast.errors import CampaignError, ResultFormatError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks, running
from lwfast.results.files import parquet_footer
from lwfast.results.processing.merging import CountSum
from lwfast.tables import packed_table

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

STEPS = {
    "none": lambda campaign: campaign,
    "rules": lambda campaign: campaign.apply_post_selection([((0, 1), (1, 2))]),
    "herald and map": lambda campaign: campaign.post_select([((0, 1), (1,))], {3: 0}).map("threshold"),
    "several heralds": lambda campaign: campaign.post_select([], {3: (0, 1)}).map("parity", invert=True),
    "several heralds alone": lambda campaign: campaign.post_select([], {3: (0, 1, 2)}),
    "every mode": lambda campaign: campaign.post_select([], dict.fromkeys(range(6), 0)),
    "nothing kept": lambda campaign: campaign.post_select([((0,), (200,))]).map("threshold"),
    "qubits": lambda campaign: campaign.post_select([((0, 1), (1,)), ((2, 3), (1,)), ((4, 5), (1,))]).map(
        "dual_rail_to_qubit"
    ),
    "qubits with X": lambda campaign: campaign.map("dual_rail_to_qubit", allow_invalid=True),
    "qubits of which some are none": lambda campaign: campaign.map("dual_rail_to_qubit"),
    "no such mode": lambda campaign: campaign.post_select([((7,), (1,))]),
}


@pytest.fixture(params=[1 << 14, 64])
def table_form(request, monkeypatch):
    """Tables of a few hundred rows stay bytes, and then become words."""
    monkeypatch.setattr(packed_table, "MIN_ROWS", request.param)


@pytest.fixture
def folder(tmp_path, table_form):
    """Files of all kinds, among them some with which something is wrong."""
    rng = np.random.default_rng(3)

    def states(n_rows=300, most=3):
        return rng.integers(0, most, (n_rows, 6))

    for k in range(3):
        made = SamplingResult.from_columns(states(), rng.integers(1, 50, 300), metadata={"qpu": "A", "k": k})
        made.save(tmp_path / f"a_{k}.parquet")
    one = SamplingResult.from_columns(states(), np.ones(300, np.int64), post_selection=[[[0], [1]]])
    one.save(tmp_path / "b_rules.parquet")
    one.map("threshold").save(tmp_path / "c_processed.parquet")
    one.save(tmp_path / "d.npz")
    one.save(tmp_path / "e_modes.parquet", columns="modes")
    SamplingResult({(1, 0, 0, 1, 1, 1): 2**62}).save(tmp_path / "f_large.parquet")
    much = {(1, 0, 0, 1, 1, k): 2**62 for k in range(4)}  # 2^64 in all, which is 0 in int64
    SamplingResult({**much, (0, 2, 0, 0, 0, 0): 7}).save(tmp_path / "f_larger.parquet")
    SamplingResult({(1, 0, "X", 1, 1, 1): 4, (1, 0, "X", 0, 1, 1): 5}).save(tmp_path / "g_x.parquet")
    SamplingResult({}).save(tmp_path / "h_empty.parquet")
    SamplingResult({(1, 0): 3}).save(tmp_path / "i_narrow.parquet")
    wide = states(300, 2)
    wide[5] = 255
    SamplingResult.from_columns(wide, np.ones(300, np.int64)).save(tmp_path / "j_many.parquet")
    table = pa.table({"state": pa.array(states(9).tolist(), pa.list_(pa.uint8())), "counts": np.arange(9)})
    pq.write_table(table, tmp_path / "k_foreign.parquet")
    body = (tmp_path / "a_0.parquet").read_bytes()
    (tmp_path / "l_cut.parquet").write_bytes(body[:-9])
    (tmp_path / "m_changed.parquet").write_bytes(body[:200] + bytes([body[200] ^ 1]) + body[201:])
    (tmp_path / "n_none.parquet").symlink_to(tmp_path / "not there")
    return tmp_path


def told(campaign, way="merge"):
    """Return all that a run gives: the outcome, what became of each file, and what is raised."""
    try:
        outcome, raised = getattr(campaign, way)(), None
    except CampaignError as error:
        outcome, raised = error.outcome, str(error)
    except lw.LightworksError as error:
        return type(error), str(error)
    if way == "merge":
        said = outcome.states.tolist(), outcome.counts.tolist(), outcome.n_modes, outcome.has_x
        outcome = (*said, type(outcome), outcome.metadata, outcome.history, outcome.job_data)
    return repr(outcome), raised, campaign.report, campaign.manifest.rows()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("raw_data", [False, True])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("way", ["merge", "summarise"])
def test_the_lean_way_is_the_way_of_results(folder, steps, raw_data, way, monkeypatch):
    campaign = steps(scan_results(folder, raw_data=raw_data))
    found = told(campaign, way)
    monkeypatch.setattr(chunks, "read_columns", lambda path, room: None)
    assert found == told(campaign, way)


def test_most_files_go_the_lean_way(folder, monkeypatch):
    campaign = STEPS["herald and map"](scan_results(folder / "a_*.parquet"))
    monkeypatch.setattr(chunks, "loaded", None)  # which the other way begins with
    assert campaign.merge().n_samples > 0


def test_columns_stay_when_the_next_file_is_read(folder):
    paths = [folder / f"a_{k}.parquet" for k in range(3)]
    paths.sort(key=lambda path: -len(lw.load_result(path)))  # a larger one gets other memory
    for steps in (STEPS["none"], lambda campaign: campaign.post_select()):
        merged = steps(scan_results(paths)).merge()
        assert merged == lw.merge_results([lw.load_result(path) for path in paths])


AFTER_NONE = {
    "rules": lambda campaign: campaign.post_select([((0,), (1,))]),
    "rules and a herald": lambda campaign: campaign.post_select([((0,), (1,))], {3: 0}),
    "rules twice": lambda campaign: campaign.post_select([((0,), (1,))]).apply_post_selection([((1,), (1,))]),
    "rules and a map": lambda campaign: campaign.post_select([((0,), (1,))]).map("threshold"),
    "a map and rules": lambda campaign: campaign.map("threshold").post_select([((0,), (1,))]),
    "several heralds": lambda campaign: campaign.post_select([((0,), (1,))]).post_select([], {3: (0, 1)}),
}


@pytest.mark.parametrize("dark", ["first", "in the middle", "last", "all"])
@pytest.mark.parametrize("steps", AFTER_NONE.values(), ids=AFTER_NONE)
@pytest.mark.parametrize("n_modes", [6, 40])
def test_a_file_of_which_nothing_is_left_leaves_the_others_alone(tmp_path, monkeypatch, dark, steps, n_modes):
    """Its empty columns are nobody else's memory: a result makes read-only what it is given."""
    monkeypatch.setattr(packed_table, "MIN_ROWS", 64)
    rng = np.random.default_rng(5)
    is_dark = {"first": {0}, "in the middle": {1, 2}, "last": {4}, "all": set(range(5))}[dark]
    for k in range(5):
        states = rng.integers(0, 3, (300 - 7 * k, n_modes))
        states[:, 0] *= k not in is_dark
        made = SamplingResult.from_columns(states, rng.integers(1, 50, 300 - 7 * k))
        made.with_parameters(theta=k % 2).save(tmp_path / f"{k}.parquet")
    campaign = steps(scan_results(tmp_path))
    wanted = lw.merge_results([run for _, run in campaign])
    assert campaign.merge() == wanted
    assert campaign.group_by("theta").merge().total() == wanted
    with ThreadPoolExecutor(2) as pool:
        assert campaign.merge(executor=pool) == wanted
    assert campaign.expectation({}).n_samples == wanted.n_samples
    assert campaign.differences(1, 2) == wanted.differences(1, 2)
    assert campaign.summarise().n_samples == wanted.n_samples
    assert sum(campaign.manifest["kept"]) == wanted.n_samples
    assert len(campaign.over_time().values) == 5


def test_statistics_that_lie_change_nothing(tmp_path):
    """What a footer says of the least and largest number is not read: no page is left out because of it."""
    made = SamplingResult({(1, 0, 2): 70_001, (0, 1, 1): 5})
    path = made.save(tmp_path / "a.parquet")
    body = path.read_bytes()
    size = 8 + int.from_bytes(body[-8:-4], "little")
    most, less = (70_001).to_bytes(8, "little"), (6).to_bytes(8, "little")
    assert body[-size:].count(most) == 2  # in the old form of statistics and the new one
    path.write_bytes(body[:-size] + body[-size:].replace(most, less))
    assert pq.read_metadata(path).row_group(0).column(1).statistics.max == 6
    assert lw.load_result(path) == made
    assert scan_results(path).post_select([(2, 2)]).merge().n_samples == 70_001


@st.composite
def sums(draw):
    """Tables of one sum: a number of modes, whether one has an X, and counts, some of them large."""
    n_modes, has_x = draw(st.sampled_from([(2, False), (2, False), (2, True), (3, False)]))
    tables = []
    for _ in range(draw(st.integers(0, 3))):
        rows = draw(st.lists(st.integers(0, 2**n_modes - 1), min_size=1, max_size=4, unique=True))
        states = np.array([[row >> mode & 1 for mode in range(n_modes)] for row in rows], np.uint8)
        if has_x:
            states[0, 0] = 255
        counts = draw(st.lists(st.sampled_from([0, 3, 2**61, 2**62]), min_size=len(rows), max_size=len(rows)))
        tables.append((states, np.array(counts, np.int64), has_x))
    return tables


@given(st.lists(sums(), min_size=1, max_size=4))
def test_sums_that_join_are_the_sum_of_their_columns(drawn):
    """Also where a table does not fit, after which the sum is as it was before all of those of its sum."""
    total, expected = CountSum(), CountSum()
    for tables in drawn:
        part = CountSum()
        for table in tables:
            try:
                part.add(*table)
            except lw.LightworksError:
                break
        outcomes = []
        for add in (partial(total.join, part), partial(expected.add, *part.columns())):
            try:
                outcomes.append(add())
            except lw.LightworksError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]
        found, wanted = total.columns(), expected.columns()
        assert (found.states.tolist(), found.counts.tolist()) == (
            wanted.states.tolist(),
            wanted.counts.tolist(),
        )
        assert found.has_x == wanted.has_x


def test_files_that_were_made_in_other_ways_are_told_apart(tmp_path):
    made = SamplingResult({(1, 0): 3, (2, 0): 4})
    for k, result in enumerate([made, made.map("parity"), made.top(1), made.map("parity"), made]):
        result.save(tmp_path / f"run_{k}.parquet")
    merged = scan_results(tmp_path).map("threshold").merge()
    ways = [(way["results"], [step["step"] for step in way["history"]]) for way in merged.history[-1]["of"]]
    assert ways == [(2, ["map"]), (2, ["map", "map"]), (1, ["top", "map"])]


@pytest.fixture(scope="module")
def footers():
    """Footers of several files, without their length and mark."""
    found = []
    for n_rows, groups, codec in ((10, 4, "zstd"), (300, 300, "snappy"), (0, 9, "none")):
        file = io.BytesIO()
        states = pa.array([[k % 3, 1] for k in range(n_rows)], pa.list_(pa.uint8()))
        table = pa.table({"state": states, "counts": np.arange(n_rows), "name": ["a"] * n_rows})
        table = table.replace_schema_metadata({"one": "first", "two": "", "one more": "x" * 300})
        pq.write_table(table, file, row_group_size=groups, compression=codec)
        body = file.getvalue()
        found.append(body[-8 - int.from_bytes(body[-8:-4], "little") : -8])
    return found


def read(footer):
    try:
        return parquet_footer.footer_of(footer + len(footer).to_bytes(4, "little") + b"PAR1")
    except ResultFormatError as error:
        return str(error)


def test_the_kernel_reads_footers_as_the_long_way_does(footers, monkeypatch):
    usual = parquet_footer._usual
    rng = np.random.default_rng(0)
    given = list(footers)
    assert all(usual(footer) is not None for footer in given)
    for _ in range(1500):
        body = bytearray(footers[rng.integers(3)])
        for at in rng.integers(0, len(body), rng.integers(1, 4)):
            body[at] = rng.integers(256)
        given.append(bytes(body[: rng.choice([len(body), rng.integers(len(body))])]))
    given += [b"", b"\0", b"\x15", b"\x49\x0c\0"]
    found = [read(footer) for footer in given]
    monkeypatch.setattr(parquet_footer, "_usual", lambda text: None)
    assert found == [read(footer) for footer in given]
    assert sum(isinstance(one, str) for one in found) > 100


def test_threads_of_a_campaign_have_no_helpers(folder, monkeypatch):
    """Each has a core of its own: what they would share the others' with takes longer than the work."""
    monkeypatch.setattr(parallel, "_machine_cores", lambda: 4)
    monkeypatch.setattr(running, "_LARGE_FILE", 0)
    monkeypatch.setattr(chunks, "_CHUNK_FILES", 1)
    seen, read_columns = [], chunks.read_columns

    def noting(path, room):
        seen.append((threading.current_thread() is threading.main_thread(), parallel.available_cores()))
        return read_columns(path, room)

    monkeypatch.setattr(chunks, "read_columns", noting)
    paths = [folder / f"a_{k}.parquet" for k in range(3)]
    scan_results(paths).map("parity").merge()
    assert seen == [(False, 1)] * 3
    assert parallel.available_cores() == 4


def test_a_limit_that_is_none_is_no_fault_of_files(folder, monkeypatch):
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "much")
    with pytest.raises(ValueError, match="LWFAST_MAX_MEMORY"):
        scan_results(folder / "a_0.parquet", on_error="skip").merge()
