"""A commit that fails leaves nothing behind, and one whose answer is lost locks no honest client out."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from tests.support.in_process import Answer
from tests.support.provider import Provider, Source

from idp import tenants
from idp.kit.lanes import Lane
from idp.kit.postgres import PostgresLane
from idp.kit.sqlite import SqliteLane
from idp.tenants import Switches

TIMES = int(os.environ.get("RACES", "3"))  # `make faults` asks for more


@pytest.fixture(scope="module")
def one(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("lost")) as made:
        with made.open() as unit:
            tenants.switch(unit, Switches(public_refresh_grace_seconds=10))
        yield made


pytestmark = pytest.mark.rewired

LANES: dict[type, tuple[Callable[[Any], None], type[Exception]]] = {
    SqliteLane: (SqliteLane.commit, sqlite3.OperationalError),
    PostgresLane: (PostgresLane.commit, psycopg.OperationalError),
}


@contextmanager
def commits(monkeypatch: pytest.MonkeyPatch, instead: Callable[[Lane], None]) -> Iterator[None]:
    """Of whatever worker; to read is as it was."""
    done: list[Lane] = []

    def commit(lane: Lane) -> None:
        if writes(lane):
            done.append(lane)
            instead(lane)
        else:
            LANES[type(lane)][0](lane)

    with monkeypatch.context() as patched:
        for kind in LANES:
            patched.setattr(kind, "commit", commit)
        yield
    assert done


def writes(lane: Lane) -> bool:
    if isinstance(lane, PostgresLane):
        return bool(lane.raw.execute("SHOW transaction_read_only").fetchone() == ("off",))
    return lane._turnstile is not None  # type: ignore[attr-defined]


def fails(lane: Lane) -> None:
    """As with a disk that is full: nothing of it was done."""
    lane.rollback()  # type: ignore[attr-defined]
    raise LANES[type(lane)][1]("disk I/O error")


def is_lost(lane: Lane) -> None:
    """It was done, and nobody hears of it."""
    LANES[type(lane)][0](lane)
    raise LANES[type(lane)][1]("the connection was lost")


def unavailable(answer: Answer) -> bool:
    assert answer.status == 503, answer
    assert "token" not in answer.text
    return True


@pytest.mark.attack("R4")
@pytest.mark.honest("R4")
@pytest.mark.parametrize("name", ["web", "app"])
def test_a_refresh_that_failed_halfway_has_used_nothing(
    one: Provider, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    party = one.party(name)
    token = party.tokens(one.browser())["refresh_token"]
    for _ in range(TIMES):
        with commits(monkeypatch, fails):
            assert unavailable(party.refresh(token))
        told = party.refresh(token)
        assert told.status == 200
        token = told.json().get("refresh_token", token)


@pytest.mark.attack("R4")
@pytest.mark.honest("R4")
@pytest.mark.parametrize("name", ["web", "app"])
def test_a_redemption_that_failed_halfway_has_used_nothing(
    one: Provider, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    party, browser = one.party(name), one.browser()
    for _ in range(TIMES):
        code = browser.code(party)
        with commits(monkeypatch, fails):
            assert unavailable(party.redeem(code))
        told = party.redeem(code)
        assert told.status == 200
        assert party.userinfo(told.json()["access_token"]).status == 200


@pytest.mark.honest("R1", "R2", "R5")
def test_a_confidential_client_whose_answer_was_lost_goes_on(one: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    web = one.party("web")
    token = web.tokens(one.browser())["refresh_token"]
    for _ in range(TIMES):
        with commits(monkeypatch, is_lost):
            assert unavailable(web.refresh(token))
        assert web.at(one.second).refresh(token).status == 200


@pytest.mark.honest("R1", "R2", "R5")
def test_a_public_client_whose_answer_was_lost_goes_on_within_its_grace(
    one: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = one.party("app")
    token = app.tokens(one.browser())["refresh_token"]
    for _ in range(TIMES):
        with commits(monkeypatch, is_lost):
            assert unavailable(app.refresh(token))
        told = app.at(one.second).refresh(token)
        assert told.status == 200
        token = told.json()["refresh_token"]


@pytest.mark.honest("T1", "T2")
def test_a_client_that_never_heard_of_its_tokens_asks_for_another_code(
    one: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, browser = one.party("web"), one.browser()
    code = browser.code(web)
    with commits(monkeypatch, is_lost):
        assert unavailable(web.redeem(code))
    assert web.redeem(code).json()["error"] == "invalid_grant"  # it was used: what it gave is revoked, unheard
    again = browser.get(web.address(prompt="none")).query["code"]
    assert web.redeem(again).status == 200


@pytest.mark.attack("R3", "R1")
@pytest.mark.honest("R3")
def test_what_was_replaced_before_a_restart_is_replaced_after_it(one: Provider) -> None:
    app = one.party("app")
    first = app.tokens(one.browser())["refresh_token"]
    newest = app.refresh(first).json()["refresh_token"]
    newest = app.refresh(newest).json()["refresh_token"]
    worker = one.worker()
    assert app.at(worker).refresh(first).json()["error"] == "invalid_grant"
    assert app.at(worker).refresh(newest).json()["error"] == "invalid_grant"  # and its family has ended
    worker.close()
