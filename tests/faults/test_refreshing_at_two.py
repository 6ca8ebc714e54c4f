"""Refresh tokens at two processes: writes that fail halfway use nothing, what is too old or was replaced is so at both
of them, and still after one was killed and has come back."""

import os
import signal
import time

import pytest
from tests.faults.pairs import Pair, sent
from tests.support.installation import Program, free_port, serve
from tests.support.processes import tree
from tests.support.wire import Answer

TIMES = int(os.environ.get("RACES", "6"))  # `make faults` asks for more

pytestmark = pytest.mark.slow


def is_dead(answer: Answer) -> bool:
    return (answer.status, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.attack("R4")
@pytest.mark.honest("R4")
@pytest.mark.parametrize("name", ["web", "app"])
def test_a_refresh_that_could_not_be_written_is_honoured_at_either_process(pair: Pair, name: str) -> None:
    party = getattr(pair.services, name)
    token = pair.tokens(party, pair.signed_in(party))["refresh_token"]
    for turn in range(TIMES):
        with pair.failing():
            for to in (0, 1):
                failed = pair.send(party.refresh(token), to=to)
                assert (failed.status, failed.json()["error"]) == (503, "temporarily_unavailable")
        told = pair.send(party.refresh(token), to=turn % 2)
        assert told.status == 200, told
        token = told.json().get("refresh_token", token)


@pytest.mark.attack("R8")
@pytest.mark.honest("R8")
def test_a_token_that_lay_idle_for_thirty_days_is_dead_at_both(pair: Pair) -> None:
    web = pair.services.web
    token = pair.tokens(web, pair.signed_in(web))["refresh_token"]
    for to in (0, 1):
        pair.advance(days=29.99)
        assert pair.send(web.refresh(token), to=to).status == 200
    pair.advance(days=30)
    assert all(is_dead(pair.send(web.refresh(token), to=to)) for to in (0, 1))


@pytest.mark.attack("R8")
@pytest.mark.honest("R8")
def test_a_family_ends_after_ninety_days_at_both_however_busy_it_was(pair: Pair) -> None:
    app = pair.services.app
    told = pair.tokens(app, pair.signed_in(app))
    for turn in range(4):
        pair.advance(days=22)
        told = pair.send(app.refresh(told["refresh_token"]), to=turn % 2).json()
    pair.advance(days=1.9)
    told = pair.send(app.refresh(told["refresh_token"])).json()
    pair.advance(days=0.1)
    assert all(is_dead(pair.send(app.refresh(told["refresh_token"]), to=to)) for to in (1, 0))


def kill(program: Program) -> None:
    members = tree(program.pid)
    for member in members:
        os.kill(member, signal.SIGKILL)
    program.process.wait()
    while any(map(tree, members)):  # whoever inherits a dead worker takes a moment to bury it
        time.sleep(0.01)


@pytest.mark.attack("R3", "R1")
@pytest.mark.honest("R3")
def test_what_was_replaced_is_so_after_its_process_was_killed_and_came_back(pair: Pair) -> None:
    app, port = pair.services.app, free_port()
    cookies = pair.signed_in(app)
    first, other = (pair.tokens(app, cookies)["refresh_token"] for _ in range(2))
    with serve(pair.installation, port=port) as third:
        newest, kept = (sent(port, pair.host, app.refresh(token)).json()["refresh_token"] for token in (first, other))
        kill(third.program)
    with serve(pair.installation, port=port):
        assert is_dead(sent(port, pair.host, app.refresh(first)))
        assert is_dead(sent(port, pair.host, app.refresh(newest)))  # its family has ended
        assert sent(port, pair.host, app.refresh(kept)).status == 200


GRACE = 10


@pytest.mark.attack("R5")
@pytest.mark.honest("R5")
@pytest.mark.parametrize("abuse", ["late", "used", "twice", "other"])
def test_beyond_its_grace_a_replaced_token_ends_its_family_at_both(pair: Pair, abuse: str) -> None:
    app, web = pair.services.app, pair.services.web
    first = pair.tokens(app, pair.signed_in(app))["refresh_token"]
    with pair.grace(GRACE):
        newest = pair.send(app.refresh(first)).json()["refresh_token"]
        if abuse == "late":
            pair.advance(seconds=GRACE, microseconds=1)
        elif abuse == "used":
            newest = pair.send(app.refresh(newest), to=1).json()["refresh_token"]
        elif abuse == "twice":
            newest = pair.send(app.refresh(first), to=1).json()["refresh_token"]
        elif abuse == "other":  # whoever it is, it is not the client: nothing happens to the family
            assert is_dead(pair.send(web.refresh(first), to=1))
            assert pair.send(app.refresh(newest)).status == 200
            return
        assert is_dead(pair.send(app.refresh(first), to=1))
        assert all(is_dead(pair.send(app.refresh(newest), to=to)) for to in (0, 1))
