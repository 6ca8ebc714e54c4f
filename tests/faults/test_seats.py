"""Sixteen IDs created at the same moment through two processes that share a database: never one too many."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.installation import Installation, demo, free_port, serve

AT_ONCE = 16
ROUNDS = 4

pytestmark = pytest.mark.slow

APPLICATION = {
    "product": "ID_PLUS",
    "tenant": "kaede",
    "legal_form": "sole_proprietor",
    "legal_name": "かえで商店",
    "representative": "楓 花子",
    "admin_contact": {"name": "山田 太郎", "email": "taro@kaede.example", "affiliation": "employee"},
    "billing_contact": {"name": "経理部", "email": "billing@kaede.example"},
    "ids": 6,
    "term_months": 12,
    "start_date": "2026-04-01",
    "auto_renewal": True,
}


@pytest.fixture
def pair(tmp_path: Path, database_url: str) -> Iterator[tuple[Installation, Installation]]:
    """Two processes, each on a port of its own, that serve one installation."""
    with demo(tmp_path / "data", settings={"IDP_DATABASE_URL": database_url}) as filled:
        pass
    with serve(filled) as first, serve(filled, port=free_port()) as second:
        yield first, second


def test_no_id_is_created_beyond_the_contract_by_whichever_process(pair: tuple[Installation, Installation]) -> None:
    first, _ = pair
    contract = first.call("POST", "/applications", APPLICATION).body["id"]
    for step in (f"/applications/{contract}/screen", f"/applications/{contract}/approve"):
        assert first.call("POST", step).status == 200
    assert first.call("POST", f"/contracts/{contract}/setup-completed").status == 200
    free = 5  # the administrator has the sixth
    for number in range(ROUNDS):
        outcome = together(pair, number)
        assert outcome == {201: free, 409: AT_ONCE - free}, (number, outcome)
        shown = first.call("GET", f"/contracts/{contract}").body
        assert shown["ids_used"] == shown["ids"]
        free = number + 2
        assert first.call("POST", f"/contracts/{contract}/ids", {"ids": shown["ids"] + free}).status == 200


def together(pair: tuple[Installation, Installation], number: int) -> Counter[int]:
    start = threading.Barrier(AT_ONCE)

    def create(turn: int) -> int:
        name = f"u{number}-{turn}"
        person = {"user_name": name, "display_name": name, "affiliation": "employee"}
        start.wait(timeout=30)
        reply = pair[turn % 2].call("POST", "/tenants/kaede/users", person)
        assert reply.status == 201 or reply.body["code"] == "id_limit_reached", reply
        return reply.status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(create, range(AT_ONCE)))
