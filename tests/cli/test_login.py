"""`lwfast login`: address and token are saved together once they were tried out, and used together only."""

from __future__ import annotations

import io
import sys

import pytest

from lwfast import remote
from lwfast.cli import main
from lwfast.remote.configuration import persistence
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.connection.causes import wrong_address
from tests.cli.test_finding import announce, fake, proven, run, save, sent_tokens, token_file
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, status
from tests.faults.isolation import folders, quick

__all__ = ["fake", "folders", "quick", "run", "token_file"]


@pytest.fixture
def typed(monkeypatch):
    def do(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return do


def forget_what_the_program_chose():
    chosen.set_token(None)
    chosen.set_url(None)


def test_commands_and_programs_work_after_a_login(run, fake, typed):
    typed(f"{TOKEN}\n")
    code, out, err = run("login", "--url", fake.url)
    assert (code, err) == (0, "")
    assert out == f"Logged in at {fake.url} (QPUs: Artemis). The token is saved as '127.0.0.1'.\n"
    forget_what_the_program_chose()
    save("another", "of-another-scheduler")  # so that it is not the only one
    assert run("jobs")[0] == 0
    assert remote.list_qpus() == ["Artemis"]
    assert remote.token.get() == TOKEN
    assert set(sent_tokens(fake)) == {TOKEN}


def test_the_token_goes_to_its_own_address_only(run, fake, typed, monkeypatch):
    typed(TOKEN)
    assert run("login", "--url", fake.url)[0] == 0
    forget_what_the_program_chose()
    save("another", "of-another-scheduler")
    with FakeScheduler() as other:
        assert run("qpus", "--url", other.url)[0] == 1
        monkeypatch.setenv("LWFAST_URL", other.url)
        assert run("qpus")[0] == 1
        monkeypatch.delenv("LWFAST_URL")
        remote.set_api_url(other.url)
        chosen.set_url(None)
        assert run("qpus")[0] == 1
        assert other.requests == []


def test_nothing_is_saved_of_a_token_that_is_refused(run, fake, typed):
    typed("wrong")
    code, out, err = run("login", "--url", fake.url)
    assert (code, out) == (1, "")
    assert "401" in err
    assert "wrong" not in err
    assert persistence.read_tokens()[0] == {}
    assert persistence.read_setting("api_url")[0] is None


@pytest.mark.parametrize("code", [200, 404])
def test_an_address_that_answers_with_a_web_page(run, fake, typed, code):
    """As the dashboard's does, and that of a gateway: the message names the address to try, and no HTML."""
    page = b"\n<!DOCTYPE html>\n<html><head><title>Welcome</title></head></html>"
    for _ in range(8):
        fake.fault("GET", "qpus", status(code, page))
    typed(TOKEN)
    wrong, _ = fake.url.rsplit("api/", 1)
    said = wrong_address(wrong)
    assert said.endswith(f"which usually ends in /api/. Try {fake.url}.")
    code, out, err = run("login", "--url", fake.url)
    assert (code, out) == (1, "")
    assert (
        f"{fake.url} answered with a web page, so it is probably not the address of a scheduler's API" in err
    )
    assert "Welcome" not in err
    assert len(fake.requests) == 1  # it would be the same page
    assert persistence.read_tokens()[0] == {}


def test_a_job_behind_a_web_page_is_not_only_unknown(fake, monkeypatch):
    """A page for people in answer to a question for a job hints at the address, too."""
    monkeypatch.setenv("LWFAST_URL", fake.url)
    remote.token.set(TOKEN)
    fake.fault("GET", "jobs/5", status(404, b"<html><body>nothing here</body></html>"))
    with pytest.raises(remote.JobNotFoundError, match="answered with a web page"):
        remote.get_job_details(5)


def test_a_new_token_replaces_that_of_the_login_before(run, fake, typed):
    for token in (TOKEN, "the-next-one"):
        fake.token = token
        typed(token)
        assert main(["login", "--url", fake.url]) == 0
        assert persistence.read_tokens()[0] == {"127.0.0.1": token}


def test_a_token_saved_for_something_else_is_kept(run, fake, typed):
    save("lab", "precious")
    typed(TOKEN)
    code, _, err = run("login", "--url", fake.url, "--name", "lab")
    assert (code, "--overwrite" in err, fake.requests) == (1, True, [])
    assert persistence.read_tokens()[0] == {"lab": "precious"}
    typed(TOKEN)
    assert run("login", "--url", fake.url, "--name", "lab", "--overwrite")[0] == 0
    assert persistence.read_tokens()[0] == {"lab": TOKEN}


def test_the_scheduler_that_runs_here(run, fake, token_file, typed):
    code, _, err = run("login", "--local")
    assert (code, "`lwfast serve`" in err) == (1, True)
    proven(fake)
    announce(fake.url, token_file=token_file)
    typed("")
    assert run("login", "--local")[0] == 0
    assert persistence.read_tokens()[0] == {"local": TOKEN}
    forget_what_the_program_chose()
    assert remote.list_qpus() == ["Artemis"]


@pytest.mark.parametrize(
    ("url", "said"), [("ftp://x/", "not a URL to connect to"), ("http://example.org/", "LWFAST_ALLOW_HTTP=1")]
)
def test_an_address_that_cannot_be_used(run, url, said, typed):
    typed(TOKEN)
    code, _, err = run("login", "--url", url)
    assert (code, said in err) == (1, True)
    assert "Client(" not in err


def test_without_an_address_in_a_script(run, typed):
    typed(TOKEN)
    code, _, err = run("login")
    assert (code, "--url URL" in err) == (1, True)


def test_a_login_whose_token_was_deleted(run, fake, typed):
    typed(TOKEN)
    assert run("login", "--url", fake.url)[0] == 0
    assert run("token", "delete", "127.0.0.1")[0] == 0
    forget_what_the_program_chose()
    code, _, err = run("qpus")
    assert (code, "No token is set" in err) == (1, True)
