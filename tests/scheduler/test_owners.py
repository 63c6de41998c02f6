"""Several owners: tokens of their own, jobs that others do not see, and limits on what waits."""

from __future__ import annotations

import contextlib
import stat

import pytest
from starlette.routing import Route

import lwfast as lw
from lwfast import remote
from lwfast.errors import QuotaExceededError
from lwfast.remote import Client
from lwfast.remote.connection import endpoints
from lwfast.remote.connection.retry import RetryPolicy
from lwfast.scheduler import owners as owners_module
from lwfast.scheduler.faults import BeyondQuotaError, ConfigError, QuotaError
from lwfast.scheduler.owners import (
    OPERATOR,
    OWNERS_FILE,
    KnownOwners,
    Owner,
    digest_of,
    new_token,
    read_owners,
    write_owners,
)
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.queue.known_jobs import InQueue
from lwfast.scheduler.queue.quotas import Quotas
from lwfast.scheduler.validation.payloads import check_one
from lwfast.scheduler.web import reference_api, v1_api
from lwfast.scheduler.web.pages import page_routes
from tests.scheduler.harness import TOKEN, Api, make_settings, payload, running
from tests.scheduler.runners import NAPS, SLEEPS


def task(n_modes):
    circuit = lw.Unitary(lw.random_unitary(n_modes, seed=1))
    return lw.Sampler(circuit, lw.State([1] + [0] * (n_modes - 1)), n_samples=100)


TOKENS = {name: f"token-of-{name}" for name in ("anna", "ben", "chef")}


def owner(name, **changes):
    return Owner(name=name, token_sha256=digest_of(TOKENS[name]), **changes)


@contextlib.contextmanager
def shared(folder, **limits):
    """A scheduler of anna, ben and chef, who sees all; yields the API of each, and the operator's."""
    write_owners(folder / OWNERS_FILE, [owner("anna", **limits), owner("ben"), owner("chef", sees_all=True)])
    with running(make_settings(folder)) as operator, contextlib.ExitStack() as stack:
        apis = {name: Api(operator.root, token) for name, token in TOKENS.items()}
        for api in apis.values():
            stack.enter_context(contextlib.closing(api.session))
        yield operator, apis


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One finished job of anna and one of the operator, on a scheduler that ben and chef use, too."""
    with shared(tmp_path_factory.mktemp("lab")) as (operator, apis):
        ids = {"anna": apis["anna"].submit(job_name="HOM dip"), "": operator.submit(job_name="Mine")}
        for job_id in ids.values():
            operator.wait(job_id)
        yield operator, apis, ids


def routes_of_jobs():
    """Every route of ours that names a job: method and path below `api/`."""
    found = []
    for prefix, routes in (
        ("", reference_api.ROUTES),
        ("v1", v1_api.ROUTES),
        ("v1/pages", page_routes.ROUTES),
    ):
        for route in routes:
            assert isinstance(route, Route)
            if "{job_id}" in route.path:
                path = prefix + route.path.replace("{form}", "json")
                found += [(method, path.lstrip("/")) for method in route.methods - {"HEAD"}]
    assert len(found) >= 10
    return found


@pytest.mark.parametrize(("method", "path"), routes_of_jobs())
def test_no_route_shows_a_job_of_another_owner(lab, method, path):
    """For a stranger each route says what it says of a job that is not there."""
    _, apis, ids = lab
    answer = apis["ben"].call(method, "api/" + path.format(job_id=ids["anna"]))
    none = apis["ben"].call(method, "api/" + path.format(job_id=999))
    assert (answer.status_code, none.status_code) == (404, 404)
    assert answer.text.replace(str(ids["anna"]), "999") == none.text


@pytest.mark.parametrize(("method", "path"), [pair for pair in routes_of_jobs() if pair[0] == "GET"])
@pytest.mark.parametrize("who", ["anna", "chef", "operator"])
def test_owner_and_who_sees_all_are_shown_a_job(lab, method, path, who):
    operator, apis, ids = lab
    api = operator if who == "operator" else apis[who]
    assert api.call(method, "api/" + path.format(job_id=ids["anna"])).status_code == 200


def test_lists_show_own_jobs(lab):
    operator, apis, ids = lab
    assert [item["id"] for item in apis["anna"].get("jobs").json()["items"]] == [ids["anna"]]
    assert [item["jobId"] for item in apis["anna"].get("v1/jobs").json()["items"]] == [ids["anna"]]
    assert apis["ben"].get("jobs").json() == {"items": []}
    assert apis["ben"].get("v1/jobs").json() == {"items": [], "before": None}
    for query in ("owner=anna", "owner=", f"ids={ids['anna']}", "name=HOM+dip", "search=HOM*", "search=1"):
        assert apis["ben"].get(f"v1/jobs?{query}").json()["items"] == [], query
    assert apis["ben"].get("v1/changes?after=1&timeout=0").json()["items"] == []
    for api in (operator, apis["chef"]):
        found = api.get("v1/jobs").json()["items"]
        assert {item["owner"] for item in found} == {"anna", None}
        assert [item["jobId"] for item in api.get("v1/jobs?owner=anna").json()["items"]] == [ids["anna"]]
        assert [item["jobId"] for item in api.get("v1/jobs?owner=").json()["items"]] == [ids[""]]


def test_changes_hide_jobs_of_others(lab):
    _, apis, ids = lab
    answer = apis["ben"].get(f"v1/changes?ids={ids['anna']},999&timeout=0")
    assert answer.status_code == 404
    assert str(ids["anna"]) in apis["ben"].errors(answer)["ids"]
    own = apis["anna"].get(f"v1/changes?ids={ids['anna']}&timeout=0").json()
    assert [item["owner"] for item in own["items"]] == ["anna"]


def test_dashboard_shows_owners_to_who_sees_all(lab):
    operator, apis, ids = lab
    everybody = operator.get("v1/pages/jobs").text
    assert 'name="owner"' in everybody
    assert 'data-label="Owner">anna<' in everybody
    assert "HOM dip" not in operator.get("v1/pages/jobs?owner=(operator)").text
    assert "HOM dip" in operator.get("v1/pages/jobs?owner=anna").text
    assert "Mine" not in operator.get("v1/pages/jobs?owner=anna").text
    assert "HOM dip" not in apis["ben"].get("v1/pages/jobs?owner=anna").text
    assert "chef" not in apis["ben"].get("v1/pages/jobs").text
    assert f'href="/jobs/{ids["anna"]}"' in apis["anna"].get("v1/pages/jobs").text


def test_a_scheduler_without_owners_shows_none(api):
    assert 'name="owner"' not in api.get("v1/pages/jobs").text


def test_key_of_one_owner_is_not_that_of_another(lab):
    """The same key from two owners is two jobs, and nobody learns that a key was used."""
    _, apis, _ = lab
    headers = {"Idempotency-Key": "k"}
    first, again, other = (
        apis[name].post("v1/jobs", json=payload(), headers=headers).json()["jobId"]
        for name in ("anna", "anna", "ben")
    )
    assert first == again != other
    changed = apis["ben"].post("v1/jobs", json=payload(n_samples=7), headers=headers)
    assert changed.status_code == 422


def test_strangers_cancel_nothing(tmp_path):
    with shared(tmp_path) as (_, apis):
        job_id = apis["anna"].submit(n_samples=SLEEPS)
        assert apis["ben"].cancel(job_id).status_code == 404
        assert apis["anna"].status(job_id) in {"Scheduled", "Running"}
        assert apis["chef"].cancel(job_id).status_code == 204
        assert apis["anna"].status(job_id) == "Cancelled"


def test_limits_of_jobs(tmp_path):
    """What would be too much is refused with the reason, and room comes back when jobs end."""
    with shared(tmp_path, queued_jobs=2) as (operator, apis):
        anna = apis["anna"]
        first = anna.submit(n_samples=NAPS)
        key = {"Idempotency-Key": "second"}
        second = anna.post("v1/jobs", json=payload(n_samples=NAPS), headers=key)
        assert second.status_code == 202
        refused = anna.post("jobs", json=payload())
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert "2" in anna.errors(refused)["queued_jobs"]
        again = anna.post("v1/jobs", json=payload(n_samples=NAPS), headers=key)  # was accepted, and stays so
        assert (again.status_code, again.json()["jobId"]) == (202, second.json()["jobId"])
        never = anna.post("v1/jobs/batch", json={"jobs": [payload()] * 3})
        assert never.status_code == 413
        reason = anna.errors(never)["queued_jobs"]
        assert "has 3 jobs, and anna may have 2" in reason
        assert "fewer jobs at once" in reason
        assert "larger limit" in reason
        assert operator.post("v1/jobs/batch", json={"jobs": [payload()] * 3}).status_code == 202
        assert apis["ben"].post("jobs", json=payload()).status_code == 202
        anna.wait(first)
        assert anna.submit() > first


def test_limits_of_bytes_survive_a_start(tmp_path):
    """What waits is counted again after a start, from what the store knows."""
    size = len(check_one(payload(), load_qpus()).payload)
    with shared(tmp_path, queued_bytes=3 * size) as (_, apis):
        waits = [apis["anna"].submit(n_samples=SLEEPS) for _ in range(3)]
    with shared(tmp_path, queued_bytes=3 * size) as (_, apis):
        answer = apis["anna"].post("jobs", json=payload())
        assert answer.status_code == 429
        assert "bytes" in apis["anna"].errors(answer)["queued_bytes"]
        for job_id in waits:
            assert apis["anna"].cancel(job_id).status_code == 204
        assert apis["anna"].submit() > max(waits)


def test_the_client_says_what_never_fits(tmp_path, monkeypatch):
    """More than the owner may have, ever or now, is not the token's fault; none of it is in doubt."""
    monkeypatch.setattr(endpoints, "KEYED", RetryPolicy(max_seconds=0.5, done=202))
    with shared(tmp_path, queued_jobs=2, queued_bytes=2000) as (_, apis):
        root = apis["anna"].root
        with Client(url=f"{root}api/", token=TOKENS["anna"]) as client:
            qpu = client.qpu("Artemis")
            small = task(4)
            batch = lw.Batch(lw.Sampler, [[small.circuit], [small.input_state], [100, 200, 300]])
            waits = [apis["anna"].submit(n_samples=SLEEPS) for _ in range(2)]
            for jobs, named, never_fits, words in (
                (
                    batch,
                    "queued_jobs",
                    True,
                    "3 jobs, and anna may have 2 .*fewer jobs at once.* larger limit",
                ),
                (task(20), "queued_bytes", True, "anna may have 2000 .*make the job smaller.* larger limit"),
                (
                    small,
                    "queued_jobs",
                    False,
                    "anna has 2 jobs .*may have 2, so 1 more is too many; send it again when some",
                ),
            ):
                with pytest.raises(QuotaExceededError, match=words) as error:
                    qpu.run(jobs)
                assert error.value.never_fits is never_fits
                assert (error.value.retry_after or 0) > 0 or never_fits
                assert [name for name, _ in error.value.errors] == [named]
                assert TOKENS["anna"] not in str(error.value)
                assert not remote.pending()
            for job_id in waits:
                assert apis["anna"].cancel(job_id).status_code == 204
            assert qpu.run(small).result(timeout=60).n_samples == 100


def test_room_is_held_while_jobs_are_on_their_way():
    """Two requests at once do not take the same room, and one that fails gives it back."""
    held = {"anna": InQueue(1, 0)}
    quotas = Quotas(held)
    anna, job = owner("anna", queued_jobs=2), check_one(payload(), load_qpus())
    with quotas.reserved(anna, [job]) as give_back:
        with pytest.raises(QuotaError), quotas.reserved(anna, [job]):
            pass
        give_back()
        with quotas.reserved(anna, [job]):
            give_back()
            with pytest.raises(QuotaError), quotas.reserved(anna, [job]):
                pass
    with pytest.raises(OSError), quotas.reserved(anna, [job]):
        raise OSError
    with quotas.reserved(anna, [job]):
        pass
    with pytest.raises(BeyondQuotaError), quotas.reserved(anna, [job] * 3):
        pass
    with quotas.reserved(OPERATOR, [job] * 100):
        pass


# --- the file ---------------------------------------------------------------------------------------


def test_file_holds_no_token(tmp_path):
    path = tmp_path / OWNERS_FILE
    written = [owner("anna", queued_jobs=5, queued_bytes=10**9), owner("ben", sees_all=True)]
    write_owners(path, written)
    assert read_owners(path) == written
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(token in path.read_text() for token in TOKENS.values())
    assert all(token not in repr(written) for token in TOKENS.values())
    assert read_owners(tmp_path / "none.toml") == []


def test_a_file_that_others_may_use_is_refused(tmp_path):
    path = tmp_path / OWNERS_FILE
    write_owners(path, [owner("anna")])
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"), running(make_settings(tmp_path)):
        pass


@pytest.mark.parametrize(
    "text",
    [
        "[[owners]]\nname = 'anna'",
        "[[owners]]\nname = 'a b'\ntoken_sha256 = '" + "0" * 64 + "'",
        "[[owners]]\nname = 'anna'\ntoken_sha256 = 'secret'",
        "[[owners]]\nname = 'anna'\ntoken_sha256 = '" + "0" * 64 + "'\nqueued_jobs = 0",
        ("[[owners]]\nname = 'anna'\ntoken_sha256 = '" + "0" * 64 + "'\n") * 2,
        "[[owners]]\nname = 'a'\ntoken_sha256 = '" + "0" * 64 + "'\ntoken = 'x'",
        "owners = 1",
        "[[",
    ],
)
def test_a_file_that_is_not_valid_is_refused(tmp_path, text):
    path = tmp_path / OWNERS_FILE
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="owners"):
        read_owners(path)


def test_a_link_is_not_followed(tmp_path):
    write_owners(tmp_path / "real.toml", [owner("anna")])
    (tmp_path / OWNERS_FILE).symlink_to(tmp_path / "real.toml")
    with pytest.raises(ConfigError, match="symbolic link"):
        read_owners(tmp_path / OWNERS_FILE)


def test_a_huge_file_is_refused(tmp_path, monkeypatch):
    """All answers wait while it is read."""
    path = tmp_path / OWNERS_FILE
    write_owners(path, [owner("anna")])
    monkeypatch.setattr(owners_module, "MOST_BYTES", path.stat().st_size)
    assert [each.name for each in read_owners(path)] == ["anna"]
    path.write_bytes(path.read_bytes() + b"#")
    with pytest.raises(ConfigError, match="limit"):
        read_owners(path)


def test_a_change_of_the_file_holds_at_once(tmp_path, monkeypatch, caplog):
    """A new token works, a removed one does not, and a broken file changes nothing."""
    monkeypatch.setattr(owners_module, "LOOK_SECONDS", 0.0)
    path = tmp_path / OWNERS_FILE
    write_owners(path, [owner("anna")])
    known = KnownOwners(path, TOKEN)
    assert known.of(TOKENS["anna"]) == owner("anna")
    assert known.of(TOKENS["ben"]) is None
    write_owners(path, [owner("ben")])
    assert known.of(TOKENS["ben"]) == owner("ben")
    assert known.of(TOKENS["anna"]) is None
    assert known.of(TOKEN) is OPERATOR
    path.write_text("[[")
    assert known.of(TOKENS["ben"]) == owner("ben")
    assert "owners" in caplog.text
    path.unlink()
    assert known.of(TOKENS["ben"]) is None
    assert known.names == []


def test_tokens_differ():
    assert len({new_token() for _ in range(100)}) == 100
    assert len(digest_of(new_token())) == 64


def test_bearer_token_is_taken(lab):
    """Programs that know only the usual header, such as Prometheus, send the token there."""
    operator, _, _ = lab
    for given, status in ((f"Bearer {TOKEN}", 200), ("Bearer x", 401), (f"Basic {TOKEN}", 401)):
        answer = operator.get("v1/status", headers={"x-access-token": None, "Authorization": given})
        assert answer.status_code == status, given
