"""The challenge that binds a code to whoever asked: S256 in so many letters, or nothing (RFC 7636, RFC 9700 2.1.1)."""

import pytest
from tests.support.in_process import Answer
from tests.support.party import CHALLENGE, VERIFIER, Party
from tests.support.provider import Provider

METHODS: list[str | None] = [
    None, "", "plain", "PLAIN", "s256", "S256 ", " S256", "S512", "S256,plain", "S256 plain", "none", "sha256",
    "\uff33256",
]  # fmt: skip
CHALLENGES: list[str | None] = [
    None, "", CHALLENGE[:-1], CHALLENGE + "=", CHALLENGE + "A", CHALLENGE.replace(CHALLENGE[0], "+", 1), "x" * 129, " ",
    VERIFIER, CHALLENGE[:-1] + "é", f"{CHALLENGE},{CHALLENGE}",
]  # fmt: skip
VERIFIERS: list[str | None] = [
    None, "", CHALLENGE, VERIFIER[:-1], VERIFIER + "x", VERIFIER.swapcase(), "v" * 42, "v" * 43, "v" * 128, "v" * 129,
    f" {VERIFIER}", f"{VERIFIER} ", f"{VERIFIER}\n", "あ" * 43, VERIFIER.replace("-", "_"), "*" * 43,
]  # fmt: skip
CLIENTS = ["web", "app", "phone"]


def error_of(answer: Answer) -> str:
    return str(answer.query.get("error") if answer.location else answer.json().get("error"))


def asked(party: Party, pushed: bool, **changes: str | None) -> str:
    if pushed:
        return error_of(party.post("par", **party.asking(**changes)))
    return error_of(party.worker.call("GET", party.address(prompt="none", **changes)))


@pytest.mark.attack("T7")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("name", CLIENTS)
def test_no_other_method_is_taken(shared: Provider, name: str, pushed: bool, method: str | None) -> None:
    assert asked(shared.party(name), pushed, code_challenge_method=method) == "invalid_request"


@pytest.mark.attack("T5")
@pytest.mark.parametrize("challenge", CHALLENGES)
@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("name", CLIENTS)
def test_no_other_challenge_is_taken(shared: Provider, name: str, pushed: bool, challenge: str | None) -> None:
    assert asked(shared.party(name), pushed, code_challenge=challenge) == "invalid_request"


@pytest.mark.attack("T6", "T8")
@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("name", ["web", "app"])
def test_no_other_verifier_is_taken(shared: Provider, name: str, verifier: str | None) -> None:
    party = shared.party(name)
    answer = party.redeem(shared.browser().code(party), code_verifier=verifier)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.honest("T5", "T6", "T7", "T8")
@pytest.mark.parametrize("name", CLIENTS)
def test_the_right_ones_are(shared: Provider, name: str) -> None:
    party = shared.party(name)
    assert asked(party, False) == "login_required"
    assert party.post("par", **party.asking()).status == 201
    assert party.redeem(shared.browser().code(party)).status == 200
