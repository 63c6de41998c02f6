from __future__ import annotations

import os
from pathlib import Path

import pytest

from lwfast import remote
from lwfast.remote.configuration import client_settings as settings
from lwfast.remote.configuration import legacy, locking, persistence
from tests.faults.fake_scheduler import TOKEN
from tests.remote.samples import PEM


def legacy_file(name: str, text: str) -> Path:
    folder = legacy.folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def profile(text: str) -> None:
    folder = persistence.own_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


# --- precedence -------------------------------------------------------------------------------------


def test_the_url_of_the_first_that_knows_one_counts(monkeypatch):
    """Argument, then what the program chose, environment, profile, saved setting, Lightworks' files."""
    legacy_file("api_url.txt", "https://oldest.example/api")
    assert settings.resolve_url(None)[0] == "https://oldest.example/api/"
    legacy_file("remote_settings.yaml", "api_url: https://legacy.example/api/\nrequire_online: true\n")
    assert settings.resolve_url(None)[0] == "https://legacy.example/api/"
    persistence.save_setting("api_url", "https://saved.example/")
    assert settings.resolve_url(None)[0] == "https://saved.example/"
    profile('[profiles.lab]\nurl = "https://profile.example"\n')
    monkeypatch.setenv("LWFAST_PROFILE", "lab")
    assert settings.resolve_url(None) == ("https://profile.example/", "profile 'lab'")
    monkeypatch.setenv("LWFAST_URL", "https://environment.example")
    assert settings.resolve_url(None) == ("https://environment.example/", "LWFAST_URL")
    remote.set_api_url("https://chosen.example")
    assert settings.resolve_url(None)[0] == "https://chosen.example/"
    assert settings.resolve_url("https://argument.example")[0] == "https://argument.example/"


def test_the_token_of_the_first_that_knows_one_counts(monkeypatch):
    remote.token.set("of-profile")
    remote.token.save("lab_token")
    remote.token.set("another")
    profile('[profiles.lab]\ntoken_name = "lab_token"\n')
    assert settings.resolve_token(None)[0] == "another"
    settings.chosen.set_token(None)
    assert settings.resolve_token(None, "lab")[0] == "of-profile"
    monkeypatch.setenv("LWFAST_TOKEN", "of-environment")
    assert settings.resolve_token(None, "lab")[0] == "of-profile"
    assert settings.resolve_token(None)[0] == "of-environment"
    assert settings.resolve_token("argument", "lab")[0] == "argument"


def test_the_certificate_of_the_first_that_knows_one_counts(monkeypatch, tmp_path):
    assert settings.resolve_certificate(None)[0] is None
    old = legacy_file("certificate.pem", PEM)
    assert settings.resolve_certificate(None)[0] == old
    source = tmp_path / "mine.pem"
    source.write_text(PEM)
    remote.install_certificate(source)
    assert settings.resolve_certificate(None)[0] == persistence.own_folder() / "certificate.pem"
    profile(f'[profiles.lab]\ncertificate = "{source.as_posix()}"\n')
    assert settings.resolve_certificate(None, "lab")[0] == source
    monkeypatch.setenv("LWFAST_CERTIFICATE", "system")
    assert settings.resolve_certificate(None) == (None, "LWFAST_CERTIFICATE")
    assert settings.resolve_certificate(None, "lab")[0] == source
    assert settings.resolve_certificate(str(source), "lab")[0] == source


def test_nothing_set_says_what_to_set():
    with pytest.raises(
        remote.ConfigurationError, match=r"`lwfast login --local`.*LWFAST_URL.*set_api_url.*local_scheduler"
    ):
        remote.list_qpus()
    remote.set_api_url("https://nowhere.example")
    with pytest.raises(remote.AuthenticationError, match=r"token\.set"):
        remote.list_qpus()


def test_a_profile_that_is_named_goes_before_what_the_program_chose(monkeypatch):
    """A token chosen for one scheduler must not go to the one of a profile."""
    remote.token.set("of-lab")
    remote.token.save("lab_token")
    remote.token.set("chosen")
    remote.set_api_url("https://chosen.example")
    profile('[profiles.lab]\nurl = "https://lab.example"\ntoken_name = "lab_token"\n[profiles.bare]\n')
    found = settings.resolve(None, None, None, "lab", False)
    assert (found.url, found.token) == ("https://lab.example/", "of-lab")
    found = settings.resolve(None, None, None, "bare", False)
    assert (found.url, found.token) == ("https://chosen.example/", "chosen")
    monkeypatch.setenv("LWFAST_PROFILE", "lab")
    found = settings.resolve(None, None, None, None, False)
    assert (found.url, found.token) == ("https://chosen.example/", "chosen")


def test_a_profile_that_is_named_goes_before_the_environment(monkeypatch):
    remote.token.set("of-lab")
    remote.token.save("lab_token")
    settings.chosen.set_token(None)
    profile('[profiles.lab]\nurl = "https://lab.example"\ntoken_name = "lab_token"\n')
    monkeypatch.setenv("LWFAST_URL", "https://other.example")
    monkeypatch.setenv("LWFAST_TOKEN", "of-environment")
    found = settings.resolve(None, None, None, "lab", False)
    assert (found.url, found.token) == ("https://lab.example/", "of-lab")


def test_the_token_of_a_profile_goes_to_its_url_only(monkeypatch):
    remote.token.set("of-lab")
    remote.token.save("lab_token")
    settings.chosen.set_token(None)
    profile(
        '[profiles.lab]\nurl = "https://lab.example"\ntoken_name = "lab_token"\n'
        '[profiles.bare]\ntoken_name = "lab_token"\n'
    )
    monkeypatch.setenv("LWFAST_PROFILE", "lab")
    assert settings.resolve(None, None, None, None, False).token == "of-lab"
    monkeypatch.setenv("LWFAST_URL", "https://other.example")
    for url, name in ((None, None), ("https://other.example", "lab"), (None, "bare")):
        with pytest.raises(remote.ConfigurationError, match=r"https://other\.example/.*was not sent"):
            settings.resolve(url, None, None, name, False)
    assert settings.resolve("https://lab.example/", None, None, "lab", False).token == "of-lab"
    assert settings.resolve(None, "mine", None, "bare", False).token == "mine"


def test_nothing_is_read_that_is_not_needed(monkeypatch):
    """A client with all its arguments works whatever the files hold."""
    folder = persistence.own_folder()
    folder.mkdir(parents=True)
    for name in ("settings.json", "tokens.json", "config.toml"):
        (folder / name).write_text("{[")
    legacy_file("remote_settings.yaml", "api_url: 'open")
    monkeypatch.setenv("LWFAST_PROFILE", "nobody")
    found = settings.resolve("http://127.0.0.1:1", TOKEN, None, None, False)
    assert (found.url, found.token) == ("http://127.0.0.1:1/", TOKEN)


# --- URLs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://a.example", "https://a.example/"),
        (" https://a.example/api ", "https://a.example/api/"),
        ("https://a.example/api//", "https://a.example/api/"),
        ("http://localhost:8765/api", "http://localhost:8765/api/"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/"),
        ("http://[::1]:8765", "http://[::1]:8765/"),
    ],
)
def test_a_url_ends_in_a_slash(given, kept):
    assert settings.normalise_url(given) == kept


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not a URL"),
        ("a.example", "not a URL"),
        ("ftp://a.example", "not a URL"),
        ("https://", "not a URL"),
        ("https://a.example/?q=1", "query"),
        ("https://a.example/#x", "fragment"),
        ("https://a.example:99999/", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://a.exa mple/", "not a URL"),
        ("http://a.example/api/", "unencrypted"),
        ("http://127.0.0.1.evil.example/", "unencrypted"),
        ("http://localhost.evil.example/", "unencrypted"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url, says):
    with pytest.raises(remote.ConfigurationError, match=says):
        settings.normalise_url(url)


def test_a_password_in_a_url_is_refused_and_not_repeated():
    with pytest.raises(remote.ConfigurationError, match="user name") as caught:
        remote.set_api_url("https://user:hunter2@a.example/")
    assert "hunter2" not in str(caught.value)


def test_plain_http_to_another_machine_needs_permission(monkeypatch):
    assert settings.normalise_url("http://10.0.0.1/", allow_insecure=True) == "http://10.0.0.1/"
    monkeypatch.setenv("LWFAST_ALLOW_HTTP", "0")
    with pytest.raises(remote.ConfigurationError):
        settings.normalise_url("http://10.0.0.1/")
    monkeypatch.setenv("LWFAST_ALLOW_HTTP", "1")
    assert settings.normalise_url("http://10.0.0.1/") == "http://10.0.0.1/"


def test_a_url_is_a_string():
    for bad in (None, 5, b"https://a.example"):
        with pytest.raises(TypeError):
            remote.set_api_url(bad)


def test_a_bad_url_names_where_it_came_from(monkeypatch):
    monkeypatch.setenv("LWFAST_URL", "http://a.example")
    with pytest.raises(remote.ConfigurationError, match="LWFAST_URL"):
        remote.list_qpus()


# --- require online ---------------------------------------------------------------------------------


def test_require_online_is_kept():
    assert remote.get_global_require_online() is None
    legacy_file("remote_settings.yaml", "require_online: true\n")
    assert remote.get_global_require_online() is True
    remote.set_global_require_online(False)
    assert remote.get_global_require_online() is False


@pytest.mark.parametrize("bad", [1, None, "yes"])
def test_require_online_is_a_bool(bad):
    with pytest.raises(TypeError):
        remote.set_global_require_online(bad)


# --- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url", "online"),
    [
        ("", None, None),
        ("# nothing\n", None, None),
        ("api_url: https://a.example/api/ # ours\n", "https://a.example/api/", None),
        ("api_url: 'https://a.example/it''s/'\nrequire_online: no\n", "https://a.example/it's/", False),
        ('"api_url": "https://a.example/\\u0061"\nrequire_online: On\n', "https://a.example/a", True),
        ("{api_url: https://a.example/api/, require_online: true}\n", "https://a.example/api/", True),
        ("api_url: null\nrequire_online: ~\nother: [1, 2]\n", None, None),
        ("api_url:\nrequire_online:\n", None, None),
    ],
)
def test_lightworks_settings_are_read(text, url, online):
    legacy_file("remote_settings.yaml", text)
    assert legacy.read_setting("api_url")[0] == url
    assert legacy.read_setting("require_online")[0] == online


@pytest.mark.parametrize(
    "text", ["api_url: 'open\n", 'api_url: "open\n', "api_url: true\n", "require_online: 7\n"]
)
def test_lightworks_settings_that_cannot_be_read_name_the_file(text):
    legacy_file("remote_settings.yaml", text)
    with pytest.raises(remote.ConfigurationError, match=r"remote_settings\.yaml"):
        legacy.read_setting("api_url")


def test_bytes_that_are_no_text_name_the_file():
    legacy_file("remote_settings.yaml", "").write_bytes(b"api_url: \xff\n")
    with pytest.raises(remote.ConfigurationError, match=r"remote_settings\.yaml"):
        legacy.read_setting("api_url")


def test_without_a_home_there_are_no_lightworks_files(monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    assert legacy.folder() is None
    assert legacy.read_setting("api_url") == (None, "")
    assert persistence.installed_certificate() is None


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_own_settings_that_cannot_be_read_name_the_file(text):
    folder = persistence.own_folder()
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(text, encoding="latin-1")
    with pytest.raises(remote.ConfigurationError, match=r"settings\.json"):
        remote.get_global_require_online()


def test_own_settings_that_cannot_be_opened_or_written(tmp_path):
    (persistence.own_folder() / "settings.json").mkdir(parents=True)
    with pytest.raises(remote.ConfigurationError, match=r"settings\.json"):
        remote.get_global_require_online()
    (persistence.own_folder() / "certificate.pem").mkdir()
    (tmp_path / "good.pem").write_text(PEM)
    with pytest.raises(remote.ConfigurationError, match="could not be written"):
        remote.install_certificate(tmp_path / "good.pem")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "defined there: none"),
        ("[profiles.other]\n", "defined there: other"),
        ("[profiles\n", "cannot be read"),
        ("profiles = 3\n", "not defined"),
        ('[profiles.lab]\ntoken = "secret-thing"\n', "token_name"),
        ("[profiles.lab]\ncolour = 3\n", "unknown key 'colour'"),
        ("[profiles.lab]\nurl = 3\n", "should be a str"),
    ],
)
def test_a_profile_that_cannot_be_used(text, says):
    profile(text)
    with pytest.raises(remote.ConfigurationError, match=says) as caught:
        remote.Client(profile="lab").list_qpus()
    assert "secret-thing" not in str(caught.value)


def test_a_profile_without_a_file():
    with pytest.raises(remote.ConfigurationError, match=r"no .*config\.toml"):
        remote.Client(profile="lab").list_qpus()


def test_a_certificate_must_exist_and_be_one(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        remote.install_certificate(tmp_path / "none.pem")
    other = tmp_path / "other.pem"
    other.write_text("hello")
    with pytest.raises(remote.ConfigurationError, match="no PEM certificate"):
        remote.install_certificate(str(other))
    other.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    with pytest.raises(remote.ConfigurationError, match=r"other\.pem cannot be read"):
        remote.install_certificate(str(other))
    assert persistence.installed_certificate() is None
    other.write_text(f"# Ünser Schlüssel\n{PEM}", encoding="utf-8")
    remote.install_certificate(str(other))
    assert persistence.installed_certificate() is not None
    monkeypatch.setenv("LWFAST_CERTIFICATE", str(tmp_path / "none.pem"))
    with pytest.raises(remote.ConfigurationError, match=r"does not exist.*remote\.install_certificate"):
        settings.resolve_certificate(None)


def test_the_data_folder_is_not_made_by_reading(folders):
    remote.get_global_require_online()
    with pytest.raises(remote.ConfigurationError):
        remote.list_qpus()
    assert not (folders / "lwfast").exists()
    assert not (folders / "home").exists()


def test_the_own_folder_is_the_platforms_unless_overridden(monkeypatch):
    monkeypatch.delenv("LWFAST_CONFIG_DIR")
    assert "lwfast" in str(persistence.own_folder())


def test_settings_never_show_the_token():
    found = settings.ClientSettings("https://a.example/", TOKEN, None)
    assert TOKEN not in repr(found)


def test_another_writer_is_waited_for_but_not_forever(monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE_SECONDS", 0.1)
    folder = persistence.own_folder()
    with locking.locked(folder), pytest.raises(remote.ConfigurationError, match="Another process"):
        remote.set_global_require_online(True)
    remote.set_global_require_online(True)
    assert remote.get_global_require_online() is True


@pytest.mark.parametrize("named", ["~", "~/x", "~nosuchuser/x"])
def test_a_user_without_a_home_keeps_nothing_in_the_working_folder(monkeypatch, tmp_path, named):
    """Where "~" stands for nothing, it is not the name of a folder either."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LWFAST_CONFIG_DIR", named)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(remote.ConfigurationError, match="stands for no home folder; set LWFAST_CONFIG_DIR"):
        remote.set_global_require_online(True)
    assert list(tmp_path.iterdir()) == []
