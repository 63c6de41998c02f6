"""A byte-order mark, UTF-16 or other line ends in any file of settings change nothing."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from lwfast import remote
from lwfast.cli import main
from lwfast.remote.configuration import legacy, persistence
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.qpus import load_qpus, profile_text
from lwfast.scheduler.web.security import load_token
from tests.remote.samples import sampler
from tests.remote.test_settings import PEM


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


FORMS = {
    "mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "mark, crlf": lambda text: codecs.BOM_UTF8 + crlf(text).encode(),
    "crlf": lambda text: crlf(text).encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + crlf(text).encode("utf-16-be"),
}


@pytest.fixture(params=FORMS)
def put(request):
    """Write a text as an editor may."""

    def write(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FORMS[request.param](text))
        return path

    return write


def theirs(name: str) -> Path:
    folder = legacy.folder()
    assert folder is not None
    return folder / name


def test_settings_of_lightworks_keep_their_first_key(put):
    put(theirs(legacy.SETTINGS), "api_url: https://first.example/\nrequire_online: true\n")
    assert persistence.read_setting("api_url")[0] == "https://first.example/"
    assert persistence.read_setting("require_online")[0] is True


def test_the_old_url_of_lightworks(put):
    put(theirs(legacy.OLD_URL), "https://old.example/\n")
    assert persistence.read_setting("api_url")[0] == "https://old.example/"


@pytest.mark.parametrize("owner", ["ours", "theirs"])
def test_tokens(put, owner):
    path = persistence.own_folder() / "tokens.json" if owner == "ours" else theirs("tokens.json")
    put(path, '{"a": "b"}\n')
    path.chmod(0o600)
    remote.token.load("a")
    assert remote.token.get() == "b"


@pytest.mark.parametrize(
    ("data", "says"),
    [(b'{"a": "secret"}\xff', r"byte 15 \(0xFF\) is not UTF-8"), (b'{"a": "secret"', "line 1 column 15")],
)
def test_tokens_that_are_none_name_the_byte(data, says):
    persistence.own_folder().mkdir(parents=True)
    (persistence.own_folder() / "tokens.json").write_bytes(data)
    with pytest.raises(remote.TokenError, match=says) as caught:
        remote.token.load("a")
    assert "secret" not in str(caught.value)


def test_own_settings(put):
    put(persistence.own_folder() / "settings.json", '{"require_online": false}\n')
    assert remote.get_global_require_online() is False


def test_profiles(put):
    put(persistence.own_folder() / "config.toml", '[profiles.lab]\nurl = "https://lab.example/"\n')
    assert persistence.read_profile("lab") == {"url": "https://lab.example/"}


def test_a_certificate(put, tmp_path):
    remote.install_certificate(put(tmp_path / "c.pem", PEM))
    installed = persistence.installed_certificate()
    assert installed is not None
    assert installed.read_bytes().startswith(b"-----BEGIN")


def test_a_saved_job_and_a_payload(put, tmp_path, ours, capsys):
    job = remote.QPU("Artemis").run_async(sampler(), job_name="kept")
    job.save_to_file(tmp_path / "job.json")
    text = (tmp_path / "job.json").read_text()
    put(tmp_path / "edited.json", text)
    assert remote.load_job_from_file(tmp_path / "edited").payload == job.payload
    put(tmp_path / "payload.json", json.dumps(json.loads(text)["payload"]))
    for name in ("edited", "payload"):
        assert main(["submit", str(tmp_path / f"{name}.json")]) == 0
        assert "Submitted 'kept'" in capsys.readouterr().out


def test_qpus(put, tmp_path, capsys):
    path = put(tmp_path / "qpus.toml", profile_text("artemis"))
    assert list(load_qpus(path)) == ["Artemis"]
    assert main(["serve", "--config", str(path), "--show-config"]) == 0
    assert capsys.readouterr().out == profile_text("artemis")


def test_the_token_of_a_scheduler(put, tmp_path):
    put(tmp_path / "token", "some-token\n")
    assert load_token(tmp_path) == ("some-token", False)


# --- what cannot be read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"# caf\xe9\n", r"byte 5 \(0xE9\) is not UTF-8; save it as UTF-8"),
        ("a = 1".encode("utf-16-le"), "zero bytes"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "digits"),
    ],
)
def test_a_hint_in_the_file_of_qpus_and_of_profiles(tmp_path, data, says):
    path = tmp_path / "qpus.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=says):
        load_qpus(path)
    persistence.own_folder().mkdir(parents=True)
    (persistence.own_folder() / "config.toml").write_bytes(data)
    with pytest.raises(remote.ConfigurationError, match=says):
        persistence.read_profile("lab")


def test_a_number_of_qpus_that_no_float_holds(tmp_path):
    path = tmp_path / "qpus.toml"
    path.write_text(profile_text("artemis") + f"\n[qpus.hardware]\nloss = {10**400}\n")
    with pytest.raises(ConfigError, match=r"qpus\.toml"):
        load_qpus(path)


def test_json_nested_without_end_names_the_file(tmp_path):
    deep = "[" * 100_000
    persistence.own_folder().mkdir(parents=True)
    for name in ("settings.json", "tokens.json"):
        (persistence.own_folder() / name).write_text(deep)
    with pytest.raises(remote.ConfigurationError, match=r"settings\.json"):
        remote.get_global_require_online()
    with pytest.raises(remote.TokenError, match=r"tokens\.json"):
        remote.token.load("a")
    (tmp_path / "job.json").write_text(deep)
    with pytest.raises(remote.JobError, match=r"job\.json"):
        remote.load_job_from_file(tmp_path / "job")


@pytest.mark.parametrize("data", [b"caf\xe9", "some-token".encode("utf-16-le"), "tök".encode(), b"two words"])
def test_a_token_file_of_a_scheduler_that_holds_none(tmp_path, data):
    (tmp_path / "token").write_bytes(data)
    with pytest.raises(ConfigError, match="token"):
        load_token(tmp_path)


def test_a_certificate_file_that_holds_none_sends_nothing(plain, tmp_path):
    """A submit is then no lost one."""
    path = tmp_path / "c.pem"
    path.write_text("nothing of use\n")
    one = remote.Client(plain.url.replace("http:", "https:"), "t", str(path))
    with pytest.raises(remote.ConnectionFailedError, match=r"nothing was sent.*certificate file"):
        one._connection.api.submit(b"{}")
