"""The command line as a whole: help, examples, completion, wrong usage, errors in a line."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import lwfast as lw
from lwfast.cli import main
from lwfast.cli.command_group import COMMANDS, EXAMPLES, lwfast
from lwfast.cli.shared_options import ExampleCommand
from tests.cli.test_finding import fake, run
from tests.faults.isolation import folders, ours, quick
from tests.started import said_by_python

__all__ = ["fake", "folders", "ours", "quick", "run"]

NAMES = [name for section in COMMANDS.values() for name in section]


def commands():
    """Every command with its path, those within groups too."""
    context = click.Context(lwfast, info_name="lwfast")
    for name in NAMES:
        found = lwfast.get_command(context, name)
        yield name, found
        for inner in getattr(found, "commands", {}).values():
            yield f"{name} {inner.name}", inner


ALL = dict(commands())


def told(capsys, *arguments):
    """What `--help` and the like print."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 0
    return capsys.readouterr().out


# --- help -----------------------------------------------------------------------------------------------


def test_the_help_names_every_command_by_headings(capsys):
    shown = told(capsys, "--help")
    for heading, section in COMMANDS.items():
        assert f"\n{heading}:\n" in shown
        for name, (_, what) in section.items():
            assert re.search(rf"^  {name} +{re.escape(what)}$", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", ALL)
def test_every_command_explains_itself(capsys, name):
    """A sentence or more, a help for each option, and examples; `-h` and `lwfast help` give the same."""
    found = ALL[name]
    shown = told(capsys, *name.split(), "--help")
    assert found.help
    assert found.help.strip().splitlines()[0].strip()
    assert all(option.help for option in found.params if isinstance(option, click.Option))
    if not isinstance(found, click.Group):
        assert isinstance(found, ExampleCommand)
        assert found.examples
        assert "Examples:" in shown
    assert told(capsys, *name.split(), "-h") == shown
    assert main(["help", *name.split()]) == 0
    assert capsys.readouterr().out == shown


def example_lines():
    lines = [line for found in ALL.values() for line, _ in getattr(found, "examples", ())]
    lines += [line for line, _ in EXAMPLES]
    return [line for line in lines if "eval" not in line]


@pytest.mark.parametrize("line", example_lines())
def test_every_example_can_be_typed(line):
    """Its command and options exist, and take what stands there."""
    for part in line.split("&&"):
        words = shlex.split(re.split(r"[<>]", part)[0])
        assert words[0] == "lwfast"
        context = click.Context(lwfast, info_name="lwfast")
        found = lwfast.get_command(context, words[1])
        rest = words[2:]
        if isinstance(found, click.Group):
            found, rest = found.get_command(context, rest[0]), rest[1:]
        found.make_context(words[1], rest)


def test_without_a_command_there_is_help(run):
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 2


def test_the_version(capsys):
    assert told(capsys, "--version") == f"lwfast {lw.__version__}\n"


def test_help_of_what_is_not_there(capsys):
    for words in (["jbos"], ["jobs", "now"], ["token", "sve"]):
        with pytest.raises(SystemExit) as caught:
            main(["help", *words])
        assert caught.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_help_imports_no_command(capsys):
    """So that it is there at once, however much a command needs."""
    code = (
        "import sys\nfrom lwfast.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print('|', *sys.modules)"
    )
    loaded = said_by_python(code).rpartition("|")[2]
    modules = set(loaded.split())
    assert "rich" not in modules
    assert "numpy" not in modules
    assert not [name for name in modules if name.startswith(("lwfast.cli.client", "lwfast.cli.local_files"))]


# --- wrong usage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jbos"], "lwfast: No such command 'jbos'. Did you mean 'jobs'?"),
        (["jobs", "--stauts", "x"], "lwfast jobs: No such option '--stauts'. Did you mean '--status'?"),
        (["token", "sav", "x"], "lwfast token: No such command 'sav'. Did you mean 'save'?"),
        (["job"], "lwfast job: Missing argument 'ID'."),
        (["jobs", "--limit", "0"], "lwfast jobs: Invalid value for '--limit'"),
        (["jobs", "--pending", "--resume", "k"], "exclude each other"),
        (["jobs", "--watch"], "--watch needs a terminal"),
        (["jobs", "--watch", "--json"], "--watch draws for a person"),
        (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ],
)
def test_wrong_usage_is_a_line(capsys, words, said):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert re.search(r" See `lwfast[ \w]* --help` for the usage\.\n$", err)
    assert err.count("\n") == 1


# --- errors ---------------------------------------------------------------------------------------------

PYTHON = re.compile(r"remote\.|Client\(|=True|\w\(\.\.\.\)|\bError\b|Error:|attribute|Traceback")


@pytest.mark.parametrize(
    "words",
    [
        ["jobs"],
        ["qpus", "--profile", "lab"],
        ["job", "1"],
        ["submit", "none"],
        ["show", "none.json"],
        ["plot", "none.npz"],
        ["compare", "none.csv", "none.csv"],
        ["sample", "none"],
        ["token", "delete", "none"],
        ["login", "--url", "http://example.org/"],
        ["jobs", "--url", "http://127.0.0.1:1/api/"],
        ["jobs", "--resume", "none", "--url", "http://127.0.0.1:1/api/"],
        ["jobs", "--discard", "none"],
        ["serve", "--host", "example.org"],
        ["process", "none*"],
    ],
)
def test_errors_are_a_line_in_the_words_of_the_shell(run, words, monkeypatch):
    if "127.0.0.1" in " ".join(words):
        monkeypatch.setenv("LWFAST_TOKEN", "t")
        monkeypatch.setenv("LWFAST_QUIET", "1")  # else a line before says that it is tried again
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert err.startswith("lwfast")
    if words[0] != "process":
        assert err.count("\n") == 1
    assert not PYTHON.search(err), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["job", "5"], "`lwfast jobs` lists the jobs"),
        (["result", "17770"], "`lwfast job ID --wait`"),
        (["qpus", "Apollo"], "there are: Artemis"),
        (["jobs", "--status", "sleeping"], "the statuses are: Accepted"),
    ],
)
def test_errors_of_the_scheduler_say_what_to_do(run, ours, words, said):
    ours.add(script=[], status="Running")
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1
    assert not PYTHON.search(err), err


def test_a_reason_of_many_lines_is_told_in_one(run, ours):
    fake = ours.add(status="Failed", script=[], notes="too hot\n\nby far\x1b[31m")
    code, _, err = run("result", str(fake.id))
    assert code == 1
    assert "too hot by far\\x1b[31m" in err
    assert err.count("\n") == 1


def test_messages_with_advice_in_python_have_one_for_the_shell():
    """In the files whose errors every command can come to."""
    root = Path(lw.__file__).parent / "remote"
    found = 0
    for path in ("configuration/client_settings.py", "configuration/tokens.py", "connection/transport.py"):
        for call in ast.walk(ast.parse((root / path).read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Error") and call.args):
                continue
            if PYTHON.search(ast.unparse(call.args[0])):
                found += 1
                assert any(keyword.arg == "in_shell" for keyword in call.keywords), ast.unparse(call)
    assert found >= 6


# --- completion -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shell", "mark"), [("bash", "complete -o"), ("zsh", "#compdef lwfast"), ("fish", "complete ")]
)
def test_completion_scripts(run, shell, mark):
    code, out, _ = run("completion", shell)
    assert code == 0
    assert mark in out
    assert "_LWFAST_COMPLETE" in out


def completions(*words, **environment):
    """What bash is told for a command line whose last word is not finished."""
    done = subprocess.run(
        [sys.executable, "-m", "lwfast"],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(lw.__file__).parents[1]),
            "_LWFAST_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["lwfast", *words]),
            "COMP_CWORD": str(len(words)),
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_completions(folders):
    from tests.cli.test_finding import save

    assert completions("jo") == ["jobs", "job"]
    assert set(completions("jobs", "--s")) == {"--status"}
    assert completions("jobs", "--status", "Comp") == ["Compiling", "Completed"]
    assert completions("help", "tok") == ["token"]
    assert completions("plot", "--o") == ["--output"]
    save("lab", "secret-of-lab")
    found = completions("token", "delete", "l", LWFAST_CONFIG_DIR=str(folders / "lwfast"))
    assert found == ["lab"]


# --- lwfast run -----------------------------------------------------------------------------------------


def test_a_program_with_a_click_of_its_own(tmp_path):
    """What stands beside a program goes before packages of the same name, as under `python`."""
    (tmp_path / "click.py").write_text("name = 'mine'\n")
    (tmp_path / "program.py").write_text("import sys, click\nprint(click.name, sys.argv[1:])\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lwfast").write_text("import sys\nfrom lwfast.cli import main\nsys.exit(main())\n")
    done = subprocess.run(
        [sys.executable, "bin/lwfast", "run", "program.py", "--help", "--", "-m", "", "--profile"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(lw.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "mine ['--help', '--', '-m', '', '--profile']\n", done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--port", "abc"], "'abc' is not a valid whole number."),
        (["serve", "--keep-days", "abc"], "'abc' is not a valid number."),
        (["jobs", "--limit", "abc"], "'abc' is not a valid whole number."),
    ],
)
def test_what_is_not_a_number(capsys, words, said):
    with pytest.raises(SystemExit):
        main(words)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("mode", "said"),
    [("native", "the package holds them compiled."), ("python", "they run as Python code (asked for).")],
)
def test_warmup_says_why_there_is_nothing_to_do(capsys, monkeypatch, mode, said):
    from lwfast._kernels import _mode

    monkeypatch.setattr(_mode, "MODE", mode)
    monkeypatch.setattr(_mode, "WHY", "asked for")
    assert main(["warmup"]) == 0
    assert capsys.readouterr().out == f"No kernel has to be compiled: {said}\n"
