"""No token leaves by what a program shows, logs, pickles or saves, or by who else reads its files."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
import warnings

import pytest
from rich.console import Console
from rich.traceback import Traceback

from lwfast import remote
from lwfast.remote.configuration import permissions, persistence
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.configuration.secret import Secret, hidden, revealed
from tests.faults.fake_scheduler import TOKEN, after_doing, reset, status
from tests.faults.test_fault_table import shown
from tests.marks import posix
from tests.remote.samples import sampler

pytestmark = pytest.mark.guarantee


@pytest.fixture(autouse=True)
def untold(monkeypatch):
    monkeypatch.setattr(permissions, "_told", set())


# --- a secret -----------------------------------------------------------------------------------------


def test_secret_shows_nothing_of_itself():
    secret = Secret(TOKEN)
    for text in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret!r:.80}",
        "%s %r" % (secret, secret),  # noqa: UP031  (one of the ways)
        repr([secret, {"a": secret}]),
        repr(secret[:80]),
        str(secret[3:9]),
    ):
        assert not any(part in text for part in (TOKEN, TOKEN[:8], TOKEN[3:9]))


def test_secret_is_the_text_it_is():
    secret = hidden(TOKEN)
    assert secret == TOKEN
    assert Secret(secret) == TOKEN
    assert hash(secret) == hash(TOKEN)
    assert secret.encode() == TOKEN.encode()
    assert type(revealed(secret)) is str
    assert revealed(secret) == TOKEN
    assert json.loads(json.dumps({"a": secret})) == {"a": TOKEN}
    assert copy.copy(secret) is copy.deepcopy(secret) is secret
    assert hidden(None) is None
    assert hidden(3) == 3


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_is_pickled_with_nothing(plain, protocol):
    """Neither alone, nor in settings, in a session, in what the program chose, or in a request."""
    remote.token.set(TOKEN)
    connection = remote.Client(plain.url, TOKEN)._connection
    connection.list_qpus()
    transport = connection.api.transport
    session = transport._get_session()
    held = [Secret(TOKEN), transport.settings, session, session.headers, chosen, [transport.settings.token]]
    for item in held:
        with pytest.raises(TypeError, match="not pickled" if protocol >= 2 else None) as caught:
            pickle.dumps(item, protocol)
        assert TOKEN not in str(caught.value)
    for item in (transport, connection.api):
        with pytest.raises(TypeError):
            pickle.dumps(item, protocol)


def test_secret_of_a_client_stays_behind(plain):
    """Clients, QPUs and jobs are pickled without it; other processes find their own."""
    one = remote.Client(plain.url, TOKEN)
    job = one.qpu("Artemis").run_async(sampler())
    for item in (one, job, one.qpu("Artemis")):
        data = pickle.dumps(item)
        assert TOKEN.encode() not in data
        pickle.loads(data)


# --- what errors show ---------------------------------------------------------------------------------


def refused(make):
    with pytest.raises(Exception) as caught:
        make()
    return caught.value


FAILING = {
    "token with a blank": lambda: remote.Client("http://127.0.0.1:9/", f"{TOKEN} x").url,
    "token with a blank, set": lambda: remote.token.set(f"{TOKEN}\n"),
    "bad url": lambda: remote.Client("ftp://nowhere", TOKEN),
    "bad timeout": lambda: remote.Client("http://127.0.0.1:9/", TOKEN, timeout=-1),
    "plain http": lambda: remote.Client("http://scheduler.example/", TOKEN),
    "no such certificate": lambda: remote.Client("https://a.example/", TOKEN, "/no/such.pem").url,
    "no such profile": lambda: remote.Client(token=TOKEN, profile="none").url,
}


@pytest.mark.parametrize("what", FAILING)
def test_secret_is_in_no_variable_of_a_settings_error(what):
    error = refused(FAILING[what])
    own = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert TOKEN not in own.replace(f'"{TOKEN}', "")
    assert TOKEN not in shown(error)


def test_secret_of_the_environment_is_in_no_variable(monkeypatch):
    monkeypatch.setenv("LWFAST_TOKEN", f"{TOKEN} x")
    error = refused(remote.token.get)
    assert isinstance(error, remote.AuthenticationError)
    assert "blank" in str(error)
    assert TOKEN not in shown(error)


@pytest.mark.parametrize("text", [f'{{"a": "{TOKEN}"', f'["{TOKEN}"]', f'{{"a": {{"b": "{TOKEN}"}}}}'])
def test_secret_in_a_broken_file_is_in_no_variable(text):
    folder = persistence.own_folder()
    folder.mkdir(parents=True)
    (folder / "tokens.json").write_text(text)
    error = refused(lambda: remote.token.load("a"))
    assert isinstance(error, remote.TokenError)
    assert TOKEN not in shown(error)
    assert error.__context__ is None


@pytest.mark.parametrize(
    "fault",
    [reset, status(500, {"you sent": TOKEN}), status(200, {"you sent": TOKEN}), status(302, Location=TOKEN)],
)
@pytest.mark.parametrize("call", [remote.list_qpus, lambda: remote.QPU("Artemis").run(sampler())])
def test_secret_is_in_no_frame_of_a_request(plain, fault, call, caplog):
    """Also where the scheduler repeats it, and as Rich shows frames."""
    caplog.set_level(logging.DEBUG)
    plain.fault("GET", "qpus", *[fault] * 10)
    error = refused(call)
    out = io.StringIO()
    trace = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
    Console(file=out, width=200).print(trace)
    assert "Traceback" in out.getvalue()
    assert TOKEN not in shown(error) + out.getvalue() + caplog.text


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, MemoryError])
def test_secret_is_in_no_frame_of_an_interrupt(plain, monkeypatch, end):
    import http.client

    def interrupt(connection, data):
        raise end

    one = remote.Client(plain.url, TOKEN)
    one._connection.api  # noqa: B018  (makes the session first)
    monkeypatch.setattr(http.client.HTTPConnection, "send", interrupt)
    with pytest.raises(end) as caught:
        one.list_qpus()
    assert TOKEN not in shown(caught.value)


def test_secret_is_not_in_the_error_that_the_program_handled_before(plain):
    """Frames are taken out of what the request raised, and out of nothing else."""
    plain.fault("GET", "qpus", *[reset] * 10)
    try:
        try:
            raise KeyError("of the program")
        except KeyError:
            remote.list_qpus()
    except remote.ConnectionFailedError as error:
        inside = [error]
        while inside[-1].__context__ is not None:
            inside.append(inside[-1].__context__)
        assert isinstance(inside[-1], KeyError)
        assert inside[-1].__traceback__ is not None
    else:
        pytest.fail("It did not raise.")


# --- files --------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666])
def test_files_that_others_read_are_told(mode):
    remote.token.set(TOKEN)
    remote.token.save("a")
    path = persistence.own_folder() / "tokens.json"
    path.chmod(mode)
    with pytest.warns(RuntimeWarning, match=rf"tokens\.json .*\(mode {mode:04o}\).*`chmod 600 ") as caught:
        remote.token.load("a")
    assert TOKEN not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remote.token.load("a")  # told once
        permissions._told.clear()
        path.chmod(0o600)
        remote.token.load("a")
        remote.token.list_saved()


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_files_in_a_folder_that_others_write_are_told(plain, mode):
    folder = persistence.own_folder()
    folder.mkdir(parents=True)
    folder.chmod(mode)
    with pytest.warns(RuntimeWarning, match=rf"\(mode {mode:04o}\).*`chmod 700 "):
        remote.list_qpus()
    permissions._told.clear()
    folder.chmod(0o755)
    remote.Client(plain.url, TOKEN).list_qpus()


def test_files_of_jobs_hold_no_token(ours, tmp_path):
    one = remote.Client(ours.url, TOKEN)
    ours.fault("POST", "v1/jobs", after_doing(reset), *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError) as caught:
        one.qpu("Artemis").run(sampler())
    caught.value.job.save_to_file(tmp_path / "job")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} >= {"pending"}
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)
