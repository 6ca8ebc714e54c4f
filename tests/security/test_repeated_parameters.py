"""A parameter that is there twice has two values, and two readers would each take another one (RFC 6749 3.1)."""

import pytest
from tests.support.filling import CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import STATE, Party
from tests.support.provider import Provider

# Nobody is told at an address that stands beside another, or in a state that does.
SHOWN_HERE = ["client_id", "redirect_uri", "state", "response_mode"]
TOLD = ["response_type", "scope", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age", "claims"]
WHERE = ["in the query", "in the form", "in both", "pushed"]
EVIL = "https://evil.example/cb"
OTHER = {"client_id": "cli_x", "redirect_uri": EVIL, "state": "another", "response_mode": "fragment"}


@pytest.fixture(scope="module")
def web(shared: Provider) -> Party:
    return shared.party("web")


def ask(web: Party, where: str, more: list[tuple[str, str]]) -> Answer:
    fields = [*web.asking().items(), *more]
    call, form = web.worker.call, {"content-type": FORM}
    if where == "in the query":
        return call("GET", f"/t/aoba/authorize?{encoded(fields).decode()}")
    if where == "in the form":
        return call("POST", "/t/aoba/authorize", form, encoded(fields))
    if where == "in both":
        return call(
            "POST", f"/t/aoba/authorize?{encoded(more[:1]).decode()}", form, encoded(fields[: -len(more)] + more[1:])
        )
    return call("POST", "/t/aoba/par", form | web.proof({})[0], encoded(fields))


@pytest.mark.attack("A10")
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", [*SHOWN_HERE, *TOLD])
@pytest.mark.parametrize("same", [True, False])
def test_neither_of_two_values_is_taken(web: Party, name: str, where: str, same: bool) -> None:
    value = web.asking().get(name) or OTHER.get(name, "login")
    second = value if same else OTHER.get(name, "x")
    more = [(name, second)] if name in web.asking() else [(name, value), (name, second)]
    answer = ask(web, where, more)
    assert not answer.cookies
    if where == "pushed":
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    elif name in SHOWN_HERE:
        assert (answer.status, answer.location) == (400, "")
    else:
        assert answer.location.startswith(f"{CALLBACK}?error=invalid_request&")
        assert answer.query["state"] == STATE


LOOKALIKES = ["redirect_uri[]", "redirect_uri[0]", "Redirect_uri", "redirect_uri ", "redirect%5furi", "redirect-uri"]


@pytest.mark.attack("A10")
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_name_that_looks_like_another_means_nothing(web: Party, name: str, where: str) -> None:
    """It neither counts as the second value nor replaces the first."""
    answer = ask(web, where, [(name, EVIL)])
    assert "evil" not in answer.location
    assert answer.status == (201 if where == "pushed" else 303)


@pytest.mark.honest("A10")
@pytest.mark.parametrize("where", ["in the query", "in the form", "pushed"])
def test_what_is_given_once_is_taken(web: Party, where: str) -> None:
    answer = ask(web, where, [])
    assert answer.status == (201 if where == "pushed" else 303)
    assert "error" not in answer.location
