"""From the public form to the first sign-in of the administrator: only pages, letters and the operator's API."""

import email
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from tests.apply.test_applying import ANSWERS
from tests.support.installation import Installation, demo
from tests.support.relying import parameters
from tests.support.sign_in import Page, Person

CHOSEN = "correct battery staple horse"
CALLBACK = "https://service.example/callback"
PATIENCE = 20.0

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    settings = {"IDP_DATABASE_URL": database_url, "IDP_OPERATOR_EMAIL": "ops@idp.example"}
    with demo(tmp_path / "data", settings=settings) as running:
        yield running


def submitted(client: httpx2.Client, page: httpx2.Response, form: str, **filled: str) -> httpx2.Response:
    found = Page(page.text).forms[form]
    here = page.request.url
    headers = {"origin": f"{here.scheme}://{here.netloc.decode()}", "sec-fetch-site": "same-origin"}
    return client.post(here.join(found.action), data={**found.fields, **filled}, headers=headers)


def letter(installation: Installation, words: str, to: str = "taro@kaede.example") -> EmailMessage:
    """The letter about it, once it has come."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for path in (installation.data_dir / "mail").glob("*.eml"):
            read = email.message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(read, EmailMessage)
            if words in read["Subject"] and to in str(read["To"]):
                return read
        time.sleep(0.2)
    raise AssertionError(f"no letter about {words}")


def plain(found: EmailMessage) -> str:
    part = found.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def applied(installation: Installation) -> str:
    """The reference."""
    with httpx2.Client(trust_env=False, timeout=30, headers={"accept-language": "ja"}) as client:
        form = client.get(f"{installation.base_url}/apply")
        answers = {**ANSWERS, "start_date": "2026-04-01"}
        review = submitted(client, form, "apply-form", **answers, step="review")
        sent = submitted(client, review, "review-form", step="send")
        assert sent.status_code == 303, sent.text
        received = client.get(sent.headers["location"])
        return Page(received.text).texts["apply-reference"]


def test_whoever_applies_can_sign_in_once_the_set_up_is_complete(installation: Installation) -> None:
    contract = applied(installation)
    assert contract in plain(letter(installation, "受け付けました"))
    assert contract in plain(letter(installation, "申し込みがありました", to="ops@idp.example"))
    for step in ("screen", "approve"):
        assert installation.call("POST", f"/applications/{contract}/{step}").status == 200
    assert installation.call("POST", f"/contracts/{contract}/setup-completed").status == 200
    assert contract in plain(letter(installation, "利用契約が成立"))
    link = re.findall(r"http://localhost:\S+", plain(letter(installation, "パスワードの設定")))[0]
    with httpx2.Client(trust_env=False, timeout=30) as client:
        form = client.get(link)
        done = submitted(client, form, "invitation-form", password=CHOSEN, repeat=CHOSEN)
        assert Page(done.text).texts["invited-username"] == "taro@kaede.example"
        assert client.get(link).status_code == 400
    oidc = {"redirect_uris": [CALLBACK]}
    service = {"name": "S", "protocol": "oidc", "assignment_required": False, "oidc": oidc}
    registered = installation.call("POST", "/tenants/kaede/services", service).body["oidc"]
    asked = {
        "client_id": registered["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    with Person(installation.base_url, user="taro@kaede.example", password=CHOSEN) as person:
        back = person.callback(f"{installation.base_url}/t/kaede/authorize?{urlencode(asked)}")
        assert parameters(back)["code"]
    told = installation.call("GET", "/tenants/kaede/deliveries").body["items"]
    assert {row["status"] for row in told} == {"delivered"}
    for path in (installation.data_dir / "mail").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
