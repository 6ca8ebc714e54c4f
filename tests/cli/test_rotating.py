"""`idp keys rotate`."""

import json
from collections import Counter

import pytest
from tests.cli.conftest import Idp
from tests.support.filling import fill

from idp import settings as knobs


@pytest.fixture
def filled(idp: Idp, settings: dict[str, str]) -> None:
    assert idp("migrate").status == 0
    fill(knobs.load())


@pytest.mark.usefixtures("filled")
def test_keys_are_rotated_from_the_terminal(idp: Idp) -> None:
    refused = idp("keys", "rotate", "--tenant", "aoba")
    assert (refused.status, refused.out) == (1, "")
    assert "They may sign from" in refused.err
    done = idp("keys", "rotate", "--tenant", "aoba", "--now", "--json")
    assert done.status == 0, done
    told = json.loads(done.out)
    assert told["tenant"] == "aoba"
    assert all(key.keys() == {"kid", "use", "alg", "status"} for key in told["keys"])
    kinds = Counter(key["status"] for key in told["keys"])
    assert kinds["next"] == kinds["active"] == kinds["retiring"] > 1
    listed = json.loads(idp("keys", "list", "--tenant", "aoba", "--json").out)["items"]
    assert {key["kid"] for key in listed} == {key["kid"] for key in told["keys"]}
    plain = idp("keys", "rotate", "--tenant", "aoba", "--now")
    assert plain.status == 0
    assert len(plain.out.splitlines()) == len(told["keys"]) + kinds["active"]


@pytest.mark.usefixtures("filled")
def test_what_cannot_be_rotated_is_said(idp: Idp) -> None:
    assert "there is no tenant nobody" in idp("keys", "rotate", "--tenant", "nobody").err
    wrong = idp(
        "keys", "rotate", "--tenant", "aoba", "--now", IDP_ENVIRONMENT="production", IDP_BASE_URL="https://a.example"
    )
    assert (wrong.status, "--now" in wrong.err) == (1, True)
