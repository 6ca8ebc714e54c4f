"""Suspending a contract under load, with two workers: nothing begun after the answer succeeds; resuming restores."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import processes
from tests.support.installation import Installation, demo
from tests.support.relying import parameters
from tests.support.services import Services
from tests.support.sign_in import Page, Person
from tests.support.traffic import Holding, Kind, Observed, Traffic

WORKERS = 2
ROUNDS = 3
BEFORE = 1.0
AFTER = 1.0
STOCK = 60


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    with demo(tmp_path / "data", workers=WORKERS, settings={"IDP_DATABASE_URL": database_url}) as running:
        yield running


def take_hold(services: Services, person: Person) -> Holding:
    """Signs the person in to both services and lays in codes to exchange later."""
    web = services.tokens(person, services.web)
    app = services.tokens(person, services.app)
    codes = deque(services.code(person, services.web) for _ in range(STOCK))
    return Holding(
        services.web,
        services.app,
        person.cookies(),
        codes,
        refresh_token=web["refresh_token"],
        rotating_token=app["refresh_token"],
        access_token=web["access_token"],
    )


async def suspend_under(holding: Holding, services: Services, contract: str) -> tuple[float, float]:
    """When the suspension was asked for and when its answer had arrived, with traffic before, during and after."""
    traffic = Traffic(holding, port=services.installation.port, lines_per_kind=2)
    await asyncio.sleep(BEFORE)
    asked, answered = await asyncio.to_thread(suspend, services.installation, contract)
    await asyncio.sleep(AFTER)
    await traffic.stop()
    return asked, answered


def suspend(installation: Installation, contract: str) -> tuple[float, float]:
    asked = time.monotonic()
    reply = installation.call("POST", f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    answered = time.monotonic()
    assert (reply.status, reply.body["status"]) == (200, "suspended"), reply
    return asked, answered


def test_nothing_begun_after_the_answer_of_suspend_succeeds_and_resuming_restores(installation: Installation) -> None:
    services = Services.register(installation)
    contract = installation.contract()["id"]
    workers = processes.listeners(installation.program.pid, installation.port)
    worked = {worker: processes.cpu_seconds(worker) for worker in workers}
    for _ in range(ROUNDS):
        with services.person() as person:
            holding = take_hold(services, person)
            asked, answered = asyncio.run(suspend_under(holding, services, contract))
            judge(holding, asked, answered)
            reply = installation.call("POST", f"/contracts/{contract}/resume", {})
            assert (reply.status, reply.body["status"]) == (200, "active")
            assert_what_was_held_stays_dead(services, holding)
    idle = [worker for worker, before in worked.items() if processes.cpu_seconds(worker) - before < 0.1]
    assert len([worker for worker in worked if worker not in idle]) >= WORKERS, "one worker did all the work"
    with services.person() as person:
        assert_everything_works(services, take_hold(services, person))


def judge(holding: Holding, asked: float, answered: float) -> None:
    """Before the request everything succeeded; after the answer nothing does, and each refusal says why."""
    before = [seen for seen in holding.seen if seen.answer.ended < asked]
    after = [seen for seen in holding.seen if seen.answer.began > answered]
    failed = [seen for seen in before if not seen.succeeded]
    assert not failed, failed[0]
    late = [seen for seen in after if seen.succeeded]
    assert not late, f"{len(late)} of {len(after)}, the last {late[-1].answer.began - answered:.3f} s after: {late[-1]}"
    for seen in after:
        assert_refused_with_the_reason(seen, holding)
    counted = {kind.value: (_count(before, kind), _count(after, kind)) for kind in Kind}
    print(f"suspended in {(answered - asked) * 1e3:.0f} ms; before and after:", counted)
    assert all(first >= 5 and second >= 5 for first, second in counted.values()), counted


def _count(seen: list[Observed], kind: Kind) -> int:
    return Counter(one.kind for one in seen)[kind]


def assert_refused_with_the_reason(seen: Observed, holding: Holding) -> None:
    """what each endpoint answers while the contract refuses."""
    answer = seen.answer
    match seen.kind:
        case Kind.AUTHORIZE:
            page = Page(answer.body.decode())
            assert answer.status == 403, seen
            assert "denied-page" in page.texts
            assert page.texts["error-code"] == "contract_suspended"
            assert page.texts["denied-reference"]
        case Kind.AUTHORIZE_SILENTLY:
            told = parameters(answer.headers["location"])
            assert answer.headers["location"].startswith(f"{holding.web.redirect_uri}?")
            assert (told["error"], told["iss"]) == ("access_denied", holding.web.issuer), seen
            assert told["state"]
        case Kind.REDEEM | Kind.REFRESH | Kind.ROTATE | Kind.CLIENT_CREDENTIALS:
            error = "unauthorized_client" if seen.kind is Kind.CLIENT_CREDENTIALS else "invalid_grant"
            assert (answer.status, answer.json()["error"]) == (400, error), seen
            assert "contract_suspended" in answer.json()["error_description"], seen
        case Kind.INTROSPECT:
            assert (answer.status, answer.json()) == (200, {"active": False}), seen
        case Kind.USERINFO:
            assert answer.status == 401, seen
            assert answer.headers["www-authenticate"].startswith("Bearer"), seen


def assert_what_was_held_stays_dead(services: Services, holding: Holding) -> None:
    """A generation ended with the suspension: resuming brings no session, grant or token of it back."""
    dead = (Kind.REFRESH, Kind.ROTATE, Kind.INTROSPECT, Kind.USERINFO)
    for kind in (*dead, *([Kind.REDEEM] if holding.codes else [])):
        request = holding.request(kind)
        assert request is not None
        answer = services.send(request)
        alive = answer.json()["active"] if kind is Kind.INTROSPECT else answer.status_code == 200
        assert not alive, (kind, answer.text)
    silent = holding.request(Kind.AUTHORIZE_SILENTLY)
    assert silent is not None
    assert parameters(services.send(silent).headers["location"])["error"] == "login_required"


def assert_everything_works(services: Services, holding: Holding) -> None:
    for kind in Kind:
        request = holding.request(kind)
        assert request is not None
        answer = services.send(request)
        assert answer.status_code in {200, 302, 303}, (kind, answer.text)
        if kind is Kind.INTROSPECT:
            assert answer.json()["active"] is True
        if answer.is_redirect:
            assert "code" in parameters(answer.headers["location"])
