"""Two operators of the demonstration end a contract: one proposes by key, the other signs in and approves."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from tests.support.installation import Installation, demo
from tests.support.sign_in import Person

BACK = "http://127.0.0.1:3000/callback"
VERIFIER = "a-code-verifier-that-is-fixed-because-a-test-is-no-secret"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def careful(tmp_path: Path) -> Iterator[Installation]:
    with demo(tmp_path / "data", settings={"IDP_TWO_PERSON_ACTS": "true"}) as installation:
        yield installation


def registered(careful: Installation) -> str:
    program = {"redirect_uris": [BACK], "token_endpoint_auth_method": "none", "scope": "approvals:read approvals:write"}
    asked = {"name": "Desk", "protocol": "oidc", "assignment_required": False, "oidc": program}
    reply = careful.call("POST", "/system/services", asked)
    assert reply.status == 201, reply
    found: str = reply.body["oidc"]["client_id"]
    return found


def token(careful: Installation, client_id: str) -> str:
    issuer = f"{careful.base_url}/t/-"
    asked = {
        "client_id": client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "approvals:read approvals:write",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    with Person(careful.base_url, user="operator@example") as operator:
        arrived = operator.callback(f"{issuer}/authorize?{urlencode(asked)}")
        code = parse_qs(urlsplit(arrived).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": client_id}
        answer = operator.client.post(f"{issuer}/token", data={**form, "code_verifier": VERIFIER})
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["access_token"]
    return found


def test_a_second_operator_signs_in_and_approves_what_the_first_proposed(careful: Installation) -> None:
    contract = careful.contract()["id"]
    proposed = careful.call("POST", f"/contracts/{contract}/terminate", {"reason": "Art. 14.2"})
    assert proposed.status == 202
    approval = f"/system/approvals/{proposed.body['approval']}"
    assert careful.call("POST", f"{approval}/approve").status == 403
    assert careful.contract()["status"] == "active"
    second = {"authorization": f"Bearer {token(careful, registered(careful))}"}

    def ask(method: str, path: str, body: Any = None) -> httpx2.Response:
        url = f"{careful.base_url}/api/v1{path}"
        return httpx2.request(method, url, headers=second, json=body, timeout=30, trust_env=False)

    shown = ask("GET", approval).json()
    assert shown["outcome"]["after"]["status"] == "ended"
    granted = ask("POST", f"{approval}/approve", {"digest": shown["digest"]})
    assert (granted.status_code, granted.json()["state"]) == (200, "approved")
    assert careful.contract()["status"] == "ended"
