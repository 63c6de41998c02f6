"""`lwfast run --profile`: which calls took how long, and how often."""

import re

from tests.lightworks.test_run_command import _ended, folder, write  # noqa: F401  (a fixture)

PROGRAM = """
import pickle, sys
import lightworks as lw

circuit = lw.PhotonicCircuit(2)
circuit.bs(0)
sampler = lw.Sampler(circuit, lw.State([1, 0]), 100, random_seed=1)
backend = lw.emulator.Backend("permanent")
for _ in range(3):
    result = backend.run(sampler)
print(result, sorted(result.items()), result.map(lw.convert.parity_mapping) == result.map("parity"))
assert pickle.loads(pickle.dumps(lw.permanent)) is lw.permanent
assert isinstance(lw.permanent([[2.0]]), complex | float)
sys.exit(int(sys.argv[1]))
"""


def _calls(text):
    """Number of calls by name, from the lines of the table."""
    rows = re.findall(r"^ +[\d.]+ +[\d.]+% +(\d+) +[\d.]+ +[\d.]+  (\S+)$", text, re.MULTILINE)
    return {name: int(n) for n, name in rows}


def test_calls_of_the_program_are_counted(folder):  # noqa: F811
    """Once each, without those inside of them; output and exit code are the program's."""
    write(folder, PROGRAM)
    plain = _ended("-m", "lwfast", "run", "program.py", "5")
    timed = _ended("-m", "lwfast", "run", "--profile", "program.py", "5")
    assert timed.stdout == plain.stdout
    assert timed.returncode == plain.returncode == 5
    assert plain.stderr == ""
    assert _calls(timed.stderr) == {
        "PhotonicCircuit": 1,
        "PhotonicCircuit.bs": 1,
        "Sampler": 1,
        "Backend": 1,
        "Backend.run": 3,
        "SamplingResult.items": 1,
        "SamplingResult.map": 2,
        "permanent": 1,
    }
    head = re.match(
        r"lwfast run: the program took ([\d.]+) s, ([\d.]+) s of them in 11 calls of lwfast\.\n", timed.stderr
    )
    assert 0 < float(head[2]) <= float(head[1])


def test_a_program_that_fails_has_its_table_and_its_traceback(folder):  # noqa: F811
    write(folder, "import lightworks as lw\nlw.permanent([[1]])\nlw.permanent('x')")
    timed = _ended("-m", "lwfast", "run", "--profile", "program.py")
    assert timed.returncode == 1
    assert _calls(timed.stderr) == {"permanent": 2}
    trace = timed.stderr.partition("Traceback (most recent call last):\n")[2]
    assert trace.startswith(f'  File "{folder / "program.py"}", line 3, in <module>')


def test_a_program_without_a_call(folder):  # noqa: F811
    write(folder, "print(1)")
    timed = _ended("-m", "lwfast", "run", "--profile", "-m", "program")
    assert timed.stdout == "1\n"
    assert re.fullmatch(
        r"lwfast run: the program took [\d.]+ s, 0\.000 s of them in 0 calls of lwfast\.\n", timed.stderr
    )


def test_steps_of_a_generator_are_timed_together():
    from lwfast.lightworks.call_times import CallTimes

    def steps(n):
        yield from range(n)

    times = CallTimes()
    timed = times.timed(steps, lambda args: f"steps of {args[0]}")
    assert list(timed(3)) == [0, 1, 2]
    assert "4" in times.table(1.0)
    assert "steps of 3" in times.table(1.0)
