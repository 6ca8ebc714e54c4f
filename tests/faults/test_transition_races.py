"""Sixteen requests at the same moment, on two worker processes: one effect, one row in the trail, one set of
notices."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from tests.support.installation import Installation, demo

SIXTEEN = 16
WHY = {"reason": "a race"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Ask(NamedTuple):
    path: str
    body: dict[str, str]
    if_match: str | None = None


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    with demo(tmp_path / "data", workers=2, settings={"IDP_DATABASE_URL": database_url}) as running:
        yield running


def together(installation: Installation, asks: Sequence[Ask]) -> Counter[tuple[int, str | None]]:
    """How often each status and code was answered, when all are sent on connections that stand already."""
    start = threading.Barrier(len(asks))
    headers = {
        "authorization": f"Bearer {installation.api_key}",
        "host": installation.base_url.partition("://")[2],
    }
    base = f"http://127.0.0.1:{installation.port}/api/v1"

    def send(ask: Ask) -> tuple[int, str | None]:
        with httpx2.Client(headers=headers, timeout=30, trust_env=False) as client:
            client.get(f"{base}/system")
            start.wait(timeout=30)
            match = {"if-match": ask.if_match} if ask.if_match else {}
            answer = client.post(base + ask.path, json=ask.body, headers=match)
        return answer.status_code, answer.json().get("code")

    with ThreadPoolExecutor(len(asks)) as pool:
        return Counter(pool.map(send, asks))


class Traces(NamedTuple):
    """What stands in the history and in the trail about a contract, and the notices of its tenant by their event."""

    history: list[str]
    audited: list[str]
    told: Counter[str]


def traces(installation: Installation, contract: dict[str, Any]) -> Traces:
    rows = listed(installation, f"/contracts/{contract['id']}/history")
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    # what was done before there was a tenant stands in the platform's own trail
    trail = [*listed(installation, "/audit"), *listed(installation, f"/tenants/{contract['tenant']}/audit")]
    notices = listed(installation, f"/tenants/{contract['tenant']}/deliveries")
    return Traces(
        [row["event"] for row in rows],
        sorted(entry["facts"]["change"] for entry in trail if entry["subject"] == contract["id"]),
        Counter(notice["event"] for notice in notices),
    )


def listed(installation: Installation, path: str) -> list[dict[str, Any]]:
    """All of a list; nothing where there is no tenant yet."""
    answer = installation.call("GET", f"{path}?limit=200")
    assert answer.status in {200, 404}
    items: list[dict[str, Any]] = answer.body.get("items", [])
    assert answer.body.get("next") is None
    return items


def apply(installation: Installation, slug: str, *steps: str) -> dict[str, Any]:
    like = installation.contract("aoba")
    person = {"name": "山田 太郎", "email": f"taro@{slug}.example"}
    copied = ("product", "legal_form", "legal_name", "corporate_number", "ids", "term_months", "start_date")
    document = {name: like[name] for name in (*copied, "auto_renewal")} | {
        "tenant": slug,
        "representative": person["name"],
        "admin_contact": {**person, "affiliation": "employee"},
        "billing_contact": person,
    }
    filed = installation.call("POST", "/applications", document)
    assert filed.status == 201, filed
    made: dict[str, Any] = filed.body
    for step in steps:
        noun = "contracts" if step in ("setup-completed", "suspend") else "applications"
        assert installation.call("POST", f"/{noun}/{made['id']}/{step}", WHY).status == 200
    return made


def test_sixteen_at_once_come_to_one_effect(installation: Installation) -> None:
    the_same_asked_by_all(installation)
    acts_that_exclude_each_other(installation)
    acts_under_one_version(installation)


def the_same_asked_by_all(installation: Installation) -> None:
    """Each step of a life in turn: one does it, the others are told that it is done."""
    contract = apply(installation, "same")
    one = contract["id"]
    for noun, step, event, notices in (
        ("applications", "screen", "screening_started", 0),
        ("applications", "approve", "approved", 0),
        ("contracts", "setup-completed", "established", 1),
        ("contracts", "suspend", "suspended", 1),
        ("contracts", "resume", "resumed", 1),
        ("contracts", "terminate", "terminated", 1),
    ):
        assert together(installation, [Ask(f"/{noun}/{one}/{step}", WHY)] * SIXTEEN) == {(200, None): SIXTEEN}
        left = traces(installation, contract)
        assert left.history.count(event) == left.audited.count(event) == 1, left
        assert left.told[f"contract.{event}"] == notices
    assert left.audited == sorted(left.history)
    assert len(left.history) == 7


def acts_that_exclude_each_other(installation: Installation) -> None:
    """Eight ask for one thing and eight for another: those of the one that came first are told it is done."""
    for number, (steps, acts) in enumerate(
        [
            (("screen",), ("approve", "reject")),
            (("screen",), ("reject", "withdraw")),
            (("screen", "approve"), ("setup-completed", "withdraw")),
        ]
    ):
        contract = apply(installation, f"exclusive-{number}", *steps)
        nouns = {"setup-completed": "contracts"}
        asks = [Ask(f"/{nouns.get(act, 'applications')}/{contract['id']}/{act}", WHY) for act in acts] * (SIXTEEN // 2)
        answers = together(installation, asks)
        assert answers == {(200, None): SIXTEEN // 2, (409, "illegal_transition"): SIXTEEN // 2}
        rows = installation.call("GET", f"/contracts/{contract['id']}/history").body["items"]
        assert len(rows) == 2 + len(steps)


def acts_under_one_version(installation: Installation) -> None:
    """Acts that may follow one another, all under the same If-Match: the first wins, the others are out of date."""
    contract = apply(installation, "versioned", "screen", "approve", "setup-completed")
    etag = installation.call("GET", f"/contracts/{contract['id']}").headers["etag"]
    acts = ("suspend", "terminate")
    asks = [Ask(f"/contracts/{contract['id']}/{act}", WHY, etag) for act in acts] * (SIXTEEN // 2)
    assert together(installation, asks) == {(200, None): 1, (412, "precondition_failed"): SIXTEEN - 1}
    left = traces(installation, contract)
    assert len(left.history) == len(left.audited) == 5
    told = [event for event in left.told.elements() if event.startswith("contract.")]
    assert len(told) == 2  # that it was established, and what was done then
