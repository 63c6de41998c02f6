from __future__ import annotations

import functools
import json
import os
import pickle
from pathlib import Path

import pytest

from lwfast import remote
from lwfast.remote.configuration import legacy, persistence
from tests.faults.fake_scheduler import TOKEN
from tests.marks import posix
from tests.started import threads


def test_a_token_set_is_the_token_got():
    remote.token.set(TOKEN)
    assert remote.token.get() == TOKEN


def test_no_token_is_an_error_that_says_what_to_do():
    with pytest.raises(remote.AuthenticationError, match=r"token\.set.*token\.load.*LWFAST_TOKEN"):
        remote.token.get()


def test_the_environment_gives_a_token_unless_one_was_set(monkeypatch):
    monkeypatch.setenv("LWFAST_TOKEN", f" {TOKEN}\n")
    assert remote.token.get() == TOKEN
    remote.token.set("another")
    assert remote.token.get() == "another"


@pytest.mark.parametrize("bad", ["", "two words", "hunter2\n", "schlüssel", "\x00"])
def test_what_no_header_can_carry_is_refused_without_being_shown(bad):
    with pytest.raises(ValueError) as caught:
        remote.token.set(bad)
    assert "A token cannot be sent if it" in str(caught.value)
    assert not [part for part in bad.split() if part in str(caught.value)]


def test_a_token_is_a_string():
    with pytest.raises(TypeError, match="string"):
        remote.token.set(5)


def test_the_token_is_never_shown():
    remote.token.set(TOKEN)
    for text in (repr(remote.token), str(remote.token), f"{remote.token}", repr(vars(remote.token))):
        assert TOKEN not in text
    assert TOKEN.encode() not in pickle.dumps(remote.token)
    assert pickle.loads(pickle.dumps(remote.token)) is remote.token


def test_save_and_load():
    remote.token.set(TOKEN)
    remote.token.save("main_token")
    remote.token.set("another")
    remote.token.load("main_token")
    assert remote.token.get() == TOKEN


def test_saving_over_a_name_needs_permission():
    remote.token.set(TOKEN)
    remote.token.save("a")
    remote.token.set("another")
    with pytest.raises(remote.TokenError, match="overwrite"):
        remote.token.save("a")
    assert persistence.read_tokens()[0] == {"a": TOKEN}
    remote.token.save("a", overwrite=True)
    assert persistence.read_tokens()[0] == {"a": "another"}


def test_a_missing_name_lists_those_there_are():
    remote.token.set(TOKEN)
    remote.token.save("a")
    for call in (remote.token.load, remote.token.delete_saved):
        with pytest.raises(remote.TokenError, match=r"'b' not found.*\(a\)"):
            call("b")


def test_delete():
    remote.token.set(TOKEN)
    remote.token.save("a")
    remote.token.save("b")
    remote.token.delete_saved("a")
    assert remote.token.list_saved() == ["b"]


def test_list_prints_names_only(capsys):
    remote.token.set(TOKEN)
    remote.token.save("a")
    assert remote.token.list_saved() == ["a"]
    assert capsys.readouterr().out == "['a']\n"


def test_nothing_saved_yet():
    with pytest.raises(remote.TokenError, match="No tokens"):
        remote.token.list_saved()


@pytest.mark.parametrize("name", [3, None, b"x"])
def test_a_name_is_a_string(name):
    remote.token.set(TOKEN)
    with pytest.raises(TypeError, match="name"):
        remote.token.save(name)


@posix
def test_only_the_owner_can_read_what_is_saved():
    old = os.umask(0)
    try:
        remote.token.set(TOKEN)
        remote.token.save("a")
    finally:
        os.umask(old)
    folder = persistence.own_folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "tokens.json").stat().st_mode & 0o777 == 0o600
    assert sorted(item.name for item in folder.iterdir()) == [".lock", "tokens.json"]


def test_a_failed_write_leaves_the_old_file(monkeypatch):
    remote.token.set(TOKEN)
    remote.token.save("a")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(remote.TokenError, match="No space left"):
        remote.token.save("b")
    monkeypatch.undo()


def test_a_damaged_file_is_named_but_not_shown():
    folder = persistence.own_folder()
    folder.mkdir(parents=True)
    (folder / "tokens.json").write_text(f'{{"a": "{TOKEN}"')
    with pytest.raises(remote.TokenError, match=r"tokens\.json") as caught:
        remote.token.load("a")
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    (folder / "tokens.json").write_text("[1]")
    with pytest.raises(remote.TokenError, match=r"tokens\.json"):
        remote.token.load("a")


def test_a_file_that_cannot_be_opened_is_named():
    (persistence.own_folder() / "tokens.json").mkdir(parents=True)
    with pytest.raises(remote.TokenError, match=r"tokens\.json"):
        remote.token.load("a")


def test_a_saved_token_that_cannot_be_sent():
    folder = persistence.own_folder()
    folder.mkdir(parents=True)
    (folder / "tokens.json").write_text(json.dumps({"a": "two words"}))
    (folder / "tokens.json").chmod(0o600)
    with pytest.raises(remote.TokenError, match="'a'") as caught:
        remote.token.load("a")
    assert "two words" not in str(caught.value)


def test_an_environment_token_that_cannot_be_sent(monkeypatch):
    monkeypatch.setenv("LWFAST_TOKEN", "two words")
    with pytest.raises(remote.AuthenticationError, match="LWFAST_TOKEN") as caught:
        remote.token.get()
    assert "two words" not in str(caught.value)


def test_many_threads_lose_no_token():
    remote.token.set(TOKEN)
    with threads(*[functools.partial(remote.token.save, f"n{i}") for i in range(20)]):
        pass
    assert sorted(persistence.read_tokens()[0]) == sorted(f"n{i}" for i in range(20))


# --- tokens that Lightworks' client saved -----------------------------------------------------------


@pytest.fixture
def theirs() -> Path:
    folder = legacy.folder()
    folder.mkdir(parents=True)
    (folder / "tokens.json").write_text(json.dumps({"main_token": TOKEN}))
    (folder / "tokens.json").chmod(0o600)
    return folder / "tokens.json"


def test_their_tokens_are_loaded(theirs):
    remote.token.load("main_token")
    assert remote.token.get() == TOKEN
    assert remote.token.list_saved() == ["main_token"]


def test_their_file_is_never_changed(theirs):
    before = theirs.read_bytes()
    remote.token.set("another")
    with pytest.raises(remote.TokenError, match="already"):
        remote.token.save("main_token")
    remote.token.save("main_token", overwrite=True)
    remote.token.load("main_token")
    assert remote.token.get() == "another"
    with pytest.raises(remote.TokenError, match="only reads"):
        remote.token.delete_saved("main_token")
    assert theirs.read_bytes() == before
