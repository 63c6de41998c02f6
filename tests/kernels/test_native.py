"""Kernels compiled ahead of time: the extension takes what signatures say, and nothing else."""

from __future__ import annotations

import base64
import gc
import hashlib
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast._kernels import _extension_file, _jit, _mode, installed_file
from lwfast._kernels._signatures import CODES, codes_of
from tests.kernels.twins import modules, needs_native
from tests.started import python

LEVELS = [] if _mode.NATIVE is None else [name for name, _, runs in _mode.NATIVE.levels() if runs]


def stated():
    """Return the codes of every form of every kernel that Python calls."""
    list(modules())
    return {
        (name, "".join(codes_of(signature)))
        for name, kernel in _jit.KERNELS.items()
        if not name.startswith("tests.")
        for signature in kernel.signatures
    }


@pytest.mark.parametrize(
    ("signature", "codes"),
    [
        ("int64", ("q",)),
        ("const uint8[:, :], int64", ("rB2", "q")),
        (" float64[:],(int64,  const float64[:]) , bool", ("ad1", "(qrd1)", "?")),
        ("((int64, uint64), complex128[:,:,:])", ("((qQ)aD3)",)),
    ],
)
def test_signatures(signature, codes):
    assert codes_of(signature) == codes


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "int",
        "const int64",
        "float64[]",
        "float64[2]",
        "(int64",
        "int64,",
        "int64 int64",
        "int64)",
        "a[:]; b",
    ],
)
def test_texts_that_are_no_signature(signature):
    with pytest.raises(ValueError, match=r"The signature .* of a kernel cannot be read at"):
        codes_of(signature)


def test_every_signature_names_every_argument():
    for name, codes in stated():
        count = _jit.KERNELS[name].function.__code__.co_argcount
        signatures = _jit.KERNELS[name].signatures
        assert all(len(codes_of(signature)) == count for signature in signatures), name
        assert codes


@needs_native
def test_the_extension_holds_what_is_stated():
    for level, _, _ in _mode.NATIVE.levels():
        assert {(name, codes) for name, codes, _ in _mode.NATIVE.entries(level)} == stated()


def good(code):
    """Return a value that a code takes."""
    types = {code: name for name, code in CODES.items()}
    if code[0] in "ar":
        return np.zeros((2,) * int(code[2]), types[code[1]])
    return {"q": 1, "Q": 1, "d": 1.0, "?": True}[code]


def wrong(code):
    """Yield values that a code does not take."""
    yield None
    yield "text"
    yield object()
    yield (1, 2, 3)
    if code[0] in "ar":
        value = good(code)
        yield 1
        yield np.zeros(value.shape, np.float32)
        yield value.astype(value.dtype.newbyteorder()) if value.dtype.itemsize > 1 else 1.0
        yield value[np.newaxis]
        yield np.zeros((4,) * value.ndim, value.dtype)[(slice(None, None, 2),) * value.ndim]
        yield value.tolist()
        if value.dtype.itemsize > 1:
            raw = np.zeros(value.nbytes + 1, np.uint8)
            yield raw[1:].view(value.dtype).reshape(value.shape)
        if code[0] == "a":
            frozen = value.copy()
            frozen.flags.writeable = False
            yield frozen
    elif code in "qQ":
        yield 1.0
        yield np.float64(1)
        yield 2**64
        yield 1j
        yield np.zeros(2)
    elif code == "d":
        yield 1j
        yield np.zeros(2)
    elif code == "?":
        yield 1


@needs_native
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_else_is_taken(level):
    """A kernel that would read past an array crashes; so no value of another kind reaches one."""
    tried = 0
    for name, kernel in _jit.KERNELS.items():
        if len(kernel.signatures) > 1 or "(" in kernel.signatures[0]:
            continue
        function = _mode.NATIVE.kernel(name, level)
        codes = codes_of(kernel.signatures[0])
        names = kernel.function.__code__.co_varnames
        for place, code in enumerate(codes):
            for value in wrong(code):
                arguments = [good(other) for other in codes[:place]] + [value]
                arguments += [good(other) for other in codes[place + 1 :]]
                with pytest.raises(
                    TypeError, match=rf"{name} takes for its argument {place + 1}, {names[place]}"
                ):
                    function(*arguments)
                tried += 1
        for count in (0, len(codes) - 1, len(codes) + 1):
            with pytest.raises(TypeError, match=rf"takes {len(codes)} arguments; {count} were given"):
                function(*([good(code) for code in codes] + [1])[:count])
        with pytest.raises(TypeError, match="keyword"):
            function(**{names[0]: good(codes[0])})
    assert tried > 500


@needs_native
@pytest.mark.parametrize("level", LEVELS)
def test_tuples(level):
    from lwfast._kernels.optics import layout

    mark = _mode.NATIVE.kernel("optics.layout.mark_outcomes", level)
    codes = codes_of(_jit.KERNELS["optics.layout.mark_outcomes"].signatures[0])
    assert layout.mark_outcomes is not None
    for chunk in ((1,), (1, 2, 3), [1, 2], (1, 2.0), (1, None), 1):
        with pytest.raises(
            TypeError, match="argument 1, chunk, a tuple of a number, int64 and a number, int64"
        ):
            mark(chunk, *(None for _ in codes[1:]))


@pytest.mark.parametrize(("signed", "unsigned"), [("q", "Q"), ("l", "L")])
def test_types_that_numpy_counts_twice(signed, unsigned):
    """`long` and `long long` are both int64 here, whichever of them a caller's array has."""
    from lwfast._kernels.optics.samples.pcg64 import seed_streams
    from lwfast._kernels.optics.slos import prefix_counts

    bounds = np.full(4, 3, dtype=signed)
    counts, _ = prefix_counts(bounds, np.zeros(4, signed), 3)
    assert counts.tolist() == prefix_counts(np.full(4, 3), np.zeros(4, np.int64), 3)[0].tolist()
    streams, same = np.ones((2, 4), dtype=unsigned), np.ones((2, 4), np.uint64)
    with np.errstate(over="ignore"):  # uncompiled, NumPy warns of words that wrap
        seed_streams(streams)
        seed_streams(same)
    assert streams.tolist() == same.tolist()
    photons = np.array([1, 1, 0], dtype=signed)
    assert lw.output_distribution(np.eye(3), photons).probabilities.max() == 1.0
    kept, numbers = lw.post_select(np.eye(2, dtype=np.uint8), photons[:2], [((0,), (1,))])
    assert kept.tolist() == [[1, 0]]
    assert numbers.tolist() == [1]


@needs_native
def test_odd_numbers_that_are_whole():
    """What has `__index__` or `__float__` is a number, as for a compiled call; what raises there is heard."""
    from lwfast._kernels.optics.slos import inner_modes

    class Odd:
        def __index__(self):
            raise KeyboardInterrupt

    class Half:
        def __float__(self):
            return 30.5

    expected = inner_modes(5, 4, 30.0)
    assert inner_modes(np.int8(5), np.uint64(4), np.float32(30)) == inner_modes(True + 4, 4, 30) == expected
    assert isinstance(inner_modes(5, 4, Half()), int)
    with pytest.raises(KeyboardInterrupt):
        inner_modes(Odd(), 4, 30.0)


@needs_native
def test_arrays_that_kernels_make():
    """They own their memory, whatever order they and their parts are dropped in, and are freed."""
    from lwfast._kernels.optics.slos import prefix_counts

    bounds, floors = np.full(4, 3), np.zeros(4, np.int64)
    counts, sums = prefix_counts(bounds, floors, 3)
    view = sums[1:, 1:]
    expected = view.copy()
    del counts, sums
    gc.collect()
    again = [prefix_counts(bounds, floors, 3) for _ in range(50)]
    assert np.array_equal(view, expected)
    assert all(a.flags.c_contiguous and a.flags.writeable and not a.flags.owndata for a, _ in again)


@needs_native
def test_memory_is_given_back():
    import resource

    from lwfast._kernels.optics.slos import prefix_counts

    bounds, floors = np.full(60, 200), np.zeros(60, np.int64)

    def work():
        for _ in range(300):
            prefix_counts(bounds, floors, 200)

    work()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        work()
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    )  # KiB; 1 500 calls make 150 MB


@needs_native
def test_no_memory():
    """A kernel that gets none raises what Numba's raises, and the process goes on."""
    code = """
import resource
import numpy as np
from lwfast._kernels.tables.counts import sort_hashes
table, ends = np.zeros(100_000_000, np.uint8), np.zeros(4, np.int64)
out = np.zeros(100_000_000, np.uint64)
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
most = taken + 2**24
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    sort_hashes(table, 1, 1, 2, 62, ends, out)
except MemoryError as error:
    print("MemoryError", error)
print(sort_hashes(table[:4], 1, 1, 2, 62, ends, out[:4]))
"""
    done = python(code)
    assert done.stdout.startswith("MemoryError"), done.stderr
    assert done.stdout.endswith("None\n")


@needs_native
def test_other_threads_run_meanwhile():
    from lwfast._kernels.optics.permanents.permanent import permanent_single

    matrix = np.ones((22, 22), complex) / 22
    ticks, stop = [0], threading.Event()

    def tick():
        while not stop.is_set():
            ticks[0] += 1

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    permanent_single(matrix)
    stop.set()
    thread.join(10)
    assert ticks[0] > 100


def answer(code, **environment):
    done = python(code, **environment)
    return done.stdout.strip(), done.stderr


SHOW = "from lwfast._kernels import _mode; print(_mode.MODE, _mode.LEVEL, _mode.WHY)"


@needs_native
def test_which_kernels_run():
    highest = LEVELS[-1]
    assert answer(SHOW, LWFAST_CPU="")[0] == f"native {highest} the highest that runs here"
    assert answer(SHOW, LWFAST_JIT="1")[0].startswith("numba  LWFAST_JIT")
    assert answer(SHOW, NUMBA_DISABLE_JIT="1")[0].startswith("python  NUMBA_DISABLE_JIT")
    assert answer(SHOW, LWFAST_SIMD="0")[0].startswith("numba  no level")
    for level in LEVELS:
        assert answer(SHOW, LWFAST_CPU=level)[0].startswith(f"native {level} LWFAST_CPU")
        assert answer(SHOW, LWFAST_CPU=level[-2:].upper())[0].startswith(f"native {level}")
    said = answer(SHOW, LWFAST_CPU="v9")[1]
    assert "LWFAST_CPU=v9" in said
    assert f"run {', '.join(LEVELS)}" in said


@needs_native
def test_levels_agree():
    """To the last bit with itself, and to 1e-13 between levels."""
    code = """
import hashlib, json, numpy as np, lwfast as lw
u = lw.random_unitary(12, seed=3)
found = [lw.output_distribution(u, [1, 1, 1, 1, 0, 0, 0, 0, 2, 0, 0, 0]).probabilities.tolist(),
         [abs(lw.permanent(lw.random_unitary(n, seed=n) * n**0.5)) for n in range(2, 16)]]
print(json.dumps(sum(found, [])))
"""
    import json

    answers = [np.array(json.loads(answer(code, LWFAST_CPU=level)[0])) for level in LEVELS]
    again = np.array(json.loads(answer(code, LWFAST_CPU=LEVELS[0])[0]))
    assert answers[0].tobytes() == again.tobytes()
    for other in answers[1:]:
        np.testing.assert_allclose(answers[0], other, rtol=1e-13, atol=1e-15)


@needs_native
def test_numba_is_not_imported():
    code = """
import sys
sys.modules["numba"] = sys.modules["llvmlite"] = None
import lwfast as lw
lw.warmup()
circuit = lw.Unitary(lw.random_unitary(6, seed=1))
sampler = lw.Sampler(circuit, lw.State([1, 1, 0, 1, 0, 0]), 100, random_seed=1)
print(sum(lw.emulator.Backend().run(sampler).counts))
"""
    assert answer(code) == ("100", "")


@needs_native
def test_a_kernel_for_kernels_refuses_python():
    from lwfast._kernels.tables.counts import _hash_row

    with pytest.raises(TypeError, match=r"tables.counts._hash_row states no signature"):
        _hash_row(np.zeros(4, np.uint8), 0, 4, 1, 2)


def test_an_extension_that_is_older_than_its_sources_is_left_alone(monkeypatch):
    class Old:
        SOURCES = "another digest"

    monkeypatch.setitem(sys.modules, "lwfast._kernels._native", Old)
    for name in ("NUMBA_DISABLE_JIT", "LWFAST_JIT", "LWFAST_CPU"):
        monkeypatch.delenv(name, raising=False)
    assert _mode._decide()[:2] == ("numba", "the kernels compiled ahead of time are older than their sources")


def test_an_extension_that_cannot_be_loaded(monkeypatch):
    for name in ("NUMBA_DISABLE_JIT", "LWFAST_JIT", "LWFAST_CPU"):
        monkeypatch.delenv(name, raising=False)

    def fail(_):
        raise ImportError("GLIBC_9.9 not found")

    monkeypatch.setattr(_mode.importlib, "import_module", fail)
    mode, why, _, _ = _mode._decide()
    assert mode == "numba"
    assert "cannot be loaded (GLIBC_9.9 not found)" in why


@needs_native
@pytest.mark.parametrize("kept", [0.01, 0.5, 0.95])
def test_an_extension_whose_file_is_cut_is_not_loaded(kept, monkeypatch, tmp_path):
    """Loading it would be a bus error, which ends the process."""
    for name in ("NUMBA_DISABLE_JIT", "LWFAST_JIT", "LWFAST_CPU"):
        monkeypatch.delenv(name, raising=False)
    whole = Path(_mode.NATIVE.__file__)
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[: int(kept * whole.stat().st_size)])
    monkeypatch.setattr(sys.modules["lwfast._kernels"], "__path__", [str(tmp_path)])
    mode, why, _, _ = _mode._decide()
    assert mode == "numba"
    assert why == f"the kernels compiled ahead of time are damaged: {cut} is cut short"
    assert _extension_file.is_cut(str(cut))
    assert not _extension_file.is_cut(str(whole))
    assert not _extension_file.is_cut(__file__)


@needs_native
def test_an_extension_that_is_not_what_was_built_is_not_loaded(monkeypatch, tmp_path):
    """Beside its sources it ends with a digest of itself, so that one changed byte of its code is noticed."""
    for name in ("NUMBA_DISABLE_JIT", "LWFAST_JIT", "LWFAST_CPU"):
        monkeypatch.delenv(name, raising=False)
    whole = Path(_mode.NATIVE.__file__).read_bytes()
    built = whole if _mode.NATIVE.SOURCES else _extension_file.sealed(whole)
    path = tmp_path / Path(_mode.NATIVE.__file__).name
    monkeypatch.setattr(sys.modules["lwfast._kernels"], "__path__", [str(tmp_path)])
    path.write_bytes(built)
    assert _mode._look_at_file() == ("", True)
    for place in (len(built) // 3, len(built) // 2, len(built) - 1):
        damaged = bytearray(built)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        mode, why, _, _ = _mode._decide()
        assert (mode, why) == (
            "numba", f"the kernels compiled ahead of time are damaged: {path} is not what was built",
        )  # fmt: skip
    path.write_bytes(built[:-48])
    assert _extension_file.is_as_built(str(path)) is None


def test_an_extension_beside_its_sources_has_a_digest(monkeypatch):
    """Else whoever takes the digest off would have what is left taken for fresh."""

    class Bare:
        SOURCES = _mode.digest_of_sources()

    monkeypatch.setitem(sys.modules, "lwfast._kernels._native", Bare)
    monkeypatch.setattr(_mode, "_look_at_file", lambda: ("", False))
    for name in ("NUMBA_DISABLE_JIT", "LWFAST_JIT", "LWFAST_CPU"):
        monkeypatch.delenv(name, raising=False)
    why = "the kernels compiled ahead of time have lost the digest of what was built"
    assert _mode._decide()[:2] == ("numba", why)


@pytest.mark.parametrize("changed", [False, True])
def test_an_installed_extension_is_compared_with_the_record(monkeypatch, tmp_path, capsys, changed):
    """Doctor says so, and a cluster gives such a worker no jobs."""
    from lwfast.cli import doctor
    from lwfast.scheduler.workers.cluster.build import build_here

    before = build_here()
    path = tmp_path / "_native.abi3.so"
    path.write_bytes(b"what was installed")
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    recorded = types.SimpleNamespace(
        locate=lambda: path, hash=types.SimpleNamespace(mode="sha256", value=digest)
    )
    monkeypatch.setattr(installed_file, "__file__", str(tmp_path / "installed_file.py"))
    monkeypatch.setattr(installed_file.metadata, "files", lambda name: [recorded])
    if changed:
        path.write_bytes(b"what came later")
    assert installed_file.changed_since_installed() == (str(path) if changed else None)
    assert (build_here() != before) is changed
    assert doctor._kernels() is not changed
    assert ("is not what was installed; install lwfast again" in capsys.readouterr().out) is changed


def test_a_record_that_cannot_be_read_says_nothing(monkeypatch):
    def fail(name):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(installed_file.metadata, "files", fail)
    assert installed_file.changed_since_installed() is None
