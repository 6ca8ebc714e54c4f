"""What was used up stays so when every worker has been started anew: nothing of it was kept in memory."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.oidc.test_devices import begin, choice, register, say
from tests.oidc.test_dpop import Holder
from tests.oidc.test_pushed_requests import push
from tests.support.in_process import Answer, Running, encoded
from tests.support.party import SAME_ORIGIN, Browser
from tests.support.provider import Source
from tests.support.signing_clients import Signing, signing_provider

from idp import tenants
from idp.tenants import Switches

Use = Callable[[Running], Answer]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def ours(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(source, tmp_path_factory.mktemp("restarts")) as made:
        with made.provider.open() as unit:
            tenants.switch(unit, Switches(device_grant=True))
        yield made


def a_code(ours: Signing) -> Use:
    web = ours.provider.party("web")
    code = ours.provider.browser().code(web)
    return lambda worker: web.at(worker).redeem(code)


def a_refresh_token(ours: Signing) -> Use:
    app = ours.provider.party("app")
    token = app.tokens(ours.provider.browser())["refresh_token"]
    return lambda worker: app.at(worker).refresh(token)


def an_assertion(ours: Signing) -> Use:
    client = ours.keyed("signs before")
    assertion = client.assertion()
    return lambda worker: client.send(assertion=assertion, worker=worker)


def a_proof(ours: Signing) -> Use:
    client = ours.keyed("proves before")
    holder = Holder(ours.provider)
    holder.token(client)
    proof = holder.proof("POST", "token")
    return lambda worker: client.send(headers={"dpop": proof}, worker=worker)


def a_pushed_request(ours: Signing) -> Use:
    web, browser = ours.provider.party("web"), ours.provider.browser()
    browser.code(web)
    query = encoded({"client_id": web.client_id, "request_uri": push(web)}).decode()
    return lambda worker: Browser(worker, jar=dict(browser.jar)).get(f"/t/aoba/authorize?{query}")


def a_device_code(ours: Signing) -> Use:
    tv, browser = register(ours.provider, "tv before", token_endpoint_auth_method="none"), ours.provider.browser()
    told = begin(tv)
    say(browser, choice(browser, told), "device-allow")
    return lambda worker: tv.at(worker).post("token", grant_type=DEVICE, device_code=told["device_code"])


def a_form_of_consent(ours: Signing) -> Use:
    asking, browser = ours.provider.party("asking"), ours.provider.browser()
    browser.code(ours.provider.party("web"))
    form = browser.form(browser.get(browser.get(asking.address(prompt="consent")).location), "consent-form")
    name, value = form.buttons["consent-allow"]
    fields: dict[str, Any] = {**form.fields, name: value}
    return lambda worker: Browser(worker, jar=dict(browser.jar)).post(form.action, fields, SAME_ORIGIN)


ONCE = {
    a_code: "T1", a_refresh_token: "R3", an_assertion: "T12", a_proof: "T20", a_pushed_request: "A16",
    a_device_code: "T21", a_form_of_consent: "A24",
}  # fmt: skip


@pytest.mark.honest("R3")
@pytest.mark.parametrize(
    "make", [pytest.param(make, marks=pytest.mark.attack("R3", row), id=make.__name__) for make, row in ONCE.items()]
)
def test_what_was_used_before_a_restart_is_used_after_it(ours: Signing, make: Callable[[Signing], Use]) -> None:
    use = make(ours)
    worker = ours.provider.worker()
    assert use(worker).status in (200, 303)
    worker.close()
    worker = ours.provider.worker()
    assert use(worker).status in (400, 401)
    worker.close()
