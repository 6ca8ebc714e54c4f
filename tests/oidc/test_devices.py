"""The device authorization grant (RFC 8628), as a device and as a person see it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from tests.support.authenticator import careful, enrolled
from tests.support.desk import Desk
from tests.support.filling import BASE_URL
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider, Source
from tests.support.sign_in import Page

from idp import federation, main, tenants, users
from idp.credentials import Limit
from idp.kit.clock import SECOND
from idp.oidc import device_codes
from idp.tenants import Switches

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT = {"grant_type": DEVICE}
_CLIENT = {
    "grant_types": [DEVICE, "refresh_token"],
    "scope": "openid profile offline_access",
    "client_uri": "https://tv.example/",
}


def switch(provider: Provider, *, on: bool, slug: str = "aoba") -> None:
    with provider.open(slug) as unit:
        tenants.switch(unit, Switches(device_grant=on))


def register(provider: Provider, name: str, **oidc: Any) -> Party:
    document = {"name": name, "protocol": "oidc", "assignment_required": False, "oidc": {**_CLIENT, **oidc}}
    with provider.open() as unit:
        made = federation.create(unit, federation.read(document, production=False))
        return Party(provider.first, "aoba", federation.to_json(made))


@pytest.fixture(scope="module")
def one(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("devices")) as made:
        switch(made, on=True)
        yield made


@pytest.fixture(scope="module")
def tv(one: Provider) -> Party:
    return register(one, "tv", token_endpoint_auth_method="none")


def begin(tv: Party, **more: str | None) -> dict[str, Any]:
    answer = tv.post("device_authorization", **{"scope": "openid offline_access", **more})
    assert answer.status == 200, answer
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    return told


def poll(tv: Party, told: dict[str, Any], **more: str | None) -> Answer:
    return tv.post("token", **GRANT, device_code=told["device_code"], **more)


def refused(answer: Answer, error: str, description: str = "", status: int = 400) -> bool:
    said = answer.json()
    assert said.keys() == {"error", "error_description"}
    assert (answer.status, said["error"]) == (status, error), answer
    assert description in said["error_description"]
    return True


def patient(provider: Provider, told: dict[str, Any]) -> None:
    """As if the device had waited: the time between polls is the machine's."""
    code_id = told["device_code"].split("_")[1]
    with provider.open() as unit:
        sql = f"UPDATE device_codes SET polled_at = NULL WHERE id = '{code_id}' AND tenant_id = '{unit.tenant}'"
        unit.lane.execute(sql, {})


def typed(browser: Browser, text: str, *, address: str = f"{BASE_URL}/t/aoba/device") -> Answer:
    form = browser.form(browser.get(address), "device-form")
    return browser.post(form.action, {**form.fields, "user_code": text})


def choice(browser: Browser, told: dict[str, Any]) -> Answer:
    """The page on which the person, signed in, says whether the device may."""
    return browser.follow(typed(browser, told["user_code"]))


def say(browser: Browser, page: Answer, button: str) -> Answer:
    return browser.press(browser.form(page, "device-decision-form"), button)


@pytest.mark.honest("T21")
def test_a_device_gets_its_tokens_when_the_person_has_allowed_it(one: Provider, tv: Party) -> None:
    told = begin(tv)
    assert told.keys() == {
        *("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval")
    }
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert told["verification_uri"] == f"{BASE_URL}/t/aoba/device"
    assert told["verification_uri_complete"] == f"{BASE_URL}/t/aoba/device?user_code={told['user_code']}"
    assert refused(poll(tv, told), "authorization_pending")
    browser = one.browser()
    page = choice(browser, told)
    for shown in ("tv", "tv.example", told["user_code"]):
        assert shown in page.text
    done = say(browser, page, "device-allow")
    assert (done.status, "device-done" in done.text) == (200, True)
    given = poll(tv, told)
    assert given.status == 200, given
    tokens = given.json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token", "refresh_token"}
    said = claims(tokens["id_token"])
    assert (said["aud"], "nonce" in said, said["amr"]) == (tv.client_id, False, ["pwd"])
    assert tv.userinfo(tokens["access_token"]).json()["sub"] == said["sub"]
    assert tv.refresh(tokens["refresh_token"]).status == 200
    assert {"device.asked", "device.allowed", "token.issued"} <= set(one.events())


@pytest.mark.attack("T21")
@pytest.mark.honest("T21")
def test_a_stranger_gets_no_devices_and_whoever_was_vouched_for_is_shown_as_unchecked(one: Provider, tv: Party) -> None:
    desk = Desk.of(one)

    def send(method: str, target: str, token: str | None, document: dict[str, Any]) -> Answer:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        return one.first.call(method, target.removeprefix(BASE_URL), headers, json.dumps(document).encode())

    def manage(told: dict[str, Any], grants: list[str]) -> Answer:
        document = {**mine, "client_id": told["client_id"], "grant_types": grants}
        return send("PUT", told["registration_client_uri"], told["registration_access_token"], document)

    mine = {**_CLIENT, "client_name": "Stranger", "token_endpoint_auth_method": "none"}
    people = ["authorization_code"]
    mine |= {"redirect_uris": ["https://tv.example/cb"], "response_types": ["code"], "grant_types": [DEVICE, *people]}
    both = Switches(device_grant=True, dynamic_registration=True)
    with one.open() as unit:
        tenants.switch(unit, both)
    assert refused(send("POST", "/t/aoba/register", None, mine), "invalid_client_metadata", "grant_types")
    plain = send("POST", "/t/aoba/register", None, {**mine, "grant_types": people}).json()
    assert refused(manage(plain, [DEVICE, *people]), "invalid_client_metadata", "grant_types")
    assert manage(plain, people).status == 200
    vouched = send("POST", "/t/aoba/register", desk.bearer, mine)
    assert vouched.status == 201, vouched
    assert manage(vouched.json(), [DEVICE, *people]).status == 200
    for party, unchecked in ((Party(one.first, "aoba", {"oidc": vouched.json()}), True), (tv, False)):
        page = choice(one.browser(), begin(party, scope="openid"))
        assert ("device-decision-form" in page.text, "device-unchecked" in page.text) == (True, unchecked)


@pytest.mark.attack("A25")
def test_a_device_names_no_resources(tv: Party) -> None:
    answer = tv.post("device_authorization", scope="openid", resource="https://orders.example/api")
    assert refused(answer, "invalid_target", "cannot name resources")


def test_the_link_with_the_code_fills_it_in_and_allows_nothing_by_itself(one: Provider, tv: Party) -> None:
    """RFC 8628 5.4: anybody can send it to anybody."""
    told, browser = begin(tv), one.browser()
    page = browser.get(told["verification_uri_complete"])
    form = Page(page.text).forms["device-form"]
    assert form.fields["user_code"] == told["user_code"]
    assert refused(poll(tv, told), "authorization_pending")
    page = browser.follow(browser.post(form.action, form.fields))
    patient(one, told)
    assert refused(poll(tv, told), "authorization_pending")
    assert say(browser, page, "device-allow").status == 200
    assert poll(tv, told).status == 200


def test_a_person_who_says_no_is_obeyed(one: Provider, tv: Party) -> None:
    told, browser = begin(tv), one.browser()
    page = choice(browser, told)
    assert "device-done" in say(browser, page, "device-deny").text
    assert refused(poll(tv, told), "access_denied")
    assert "device.denied" in one.events()
    again = say(browser, page, "device-allow")
    assert (again.status, "device_code_over" in again.text) == (400, True)
    assert refused(poll(tv, told), "access_denied")


@pytest.mark.attack("T21")
def test_who_polls_too_often_is_told_to_wait_longer_each_time(one: Provider, tv: Party) -> None:
    told = begin(tv)
    assert refused(poll(tv, told), "authorization_pending")
    for _ in range(70):
        assert refused(poll(tv, told), "slow_down")
    code_id = told["device_code"].split("_")[1]
    with one.open() as unit:
        code = device_codes.find(unit, code_id)
    assert code is not None
    assert code.interval == 300


@pytest.mark.attack("T21")
def test_a_code_comes_to_an_end_by_itself(provider: Provider) -> None:
    switch(provider, on=True)
    tv = register(provider, "tv")
    told, late, browser = begin(tv), begin(tv), provider.browser()
    say(browser, choice(browser, late), "device-allow")
    page = choice(browser, told)
    provider.clock.advance(seconds=600)
    for each in (told, late):
        assert refused(poll(tv, each), "expired_token")
    assert say(browser, page, "device-allow").status == 400
    assert "device-error" in typed(browser, told["user_code"]).text


@pytest.mark.attack("T21")
def test_of_yes_and_no_at_once_one_counts(one: Provider, tv: Party) -> None:
    told = begin(tv)
    browsers = [one.browser() for _ in range(6)]
    pages = [choice(browser, told) for browser in browsers]
    workers = [one.first, one.second] * 3

    async def press(browser: Browser, page: Answer, worker: Any, button: str) -> Answer:
        form = browser.form(page, "device-decision-form")
        name, value = form.buttons[button]
        cookie = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
        headers = {"cookie": cookie, "content-type": FORM, "origin": BASE_URL, "sec-fetch-site": "same-origin"}
        body = encoded({**form.fields, name: value})
        return await worker.send("POST", form.action.removeprefix(BASE_URL), headers, body)

    async def all_at_once() -> list[Answer]:
        buttons = ["device-allow", "device-deny"] * 3
        return await asyncio.gather(*(press(*each) for each in zip(browsers, pages, workers, buttons, strict=True)))

    answers = one.first.run(all_at_once())
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert poll(tv, told).status in {200, 400}


@pytest.mark.attack("T21")
def test_a_device_code_is_redeemed_once_and_a_replay_ends_what_it_gave(one: Provider, tv: Party) -> None:
    told, browser = begin(tv), one.browser()
    say(browser, choice(browser, told), "device-allow")
    tokens = poll(tv, told).json()
    assert tv.userinfo(tokens["access_token"]).status == 200
    assert refused(poll(tv, told), "invalid_grant")
    assert tv.userinfo(tokens["access_token"]).status == 401
    assert refused(tv.refresh(tokens["refresh_token"]), "invalid_grant")


@pytest.mark.attack("T21")
def test_of_polls_at_once_one_gets_the_tokens(one: Provider, tv: Party) -> None:
    told, browser = begin(tv), one.browser()
    say(browser, choice(browser, told), "device-allow")
    headers, form = tv.proof({**GRANT, "device_code": told["device_code"]})

    async def all_at_once() -> list[Answer]:
        workers = [one.first, one.second] * 4
        sent = (w.send("POST", "/t/aoba/token", headers | {"content-type": FORM}, encoded(form)) for w in workers)
        return await asyncio.gather(*sent)

    statuses = sorted(answer.status for answer in one.first.run(all_at_once()))
    assert statuses == [200, *[400] * 7]


@pytest.mark.attack("T21")
def test_guesses_are_counted_and_right_codes_are_not(provider: Provider) -> None:
    """Of 1e5 guesses from one address a handful is looked at."""
    switch(provider, on=True)
    tv = register(provider, "tv")
    with patch.object(main, "WIDE", main.WIDE._replace(forms=Limit(3, 600 * SECOND))):
        worker = provider.worker()
    browser = Browser(worker)
    try:
        for _ in range(6):
            assert typed(browser, begin(tv)["user_code"]).status == 303
        assert [typed(browser, "BCDFG-HJKLM").status for _ in range(5)] == [422, 422, 422, 429, 429]
        assert typed(browser, begin(tv)["user_code"]).status == 429
    finally:
        worker.close()


@pytest.mark.attack("T21")
@pytest.mark.parametrize("text", ["", "BCDFG", "ABCDE-FGHIJ", "BCDFG-HJKLM-N", "'; --", "B" * 5_000, "é" * 10])
def test_what_is_no_code_is_said_to_be_none(one: Provider, text: str) -> None:
    answer = typed(one.browser(), text)
    assert (answer.status, "device-error" in answer.text) == (422, True)


def test_a_code_is_read_as_people_type_it() -> None:
    for text in ("BCDFGHJKLM", "bcdfg-hjklm", " bcdfg hjklm ", "ＢＣＤＦＧ－ＨＪＫＬＭ", "bcdfg\u2010hjklm"):
        assert device_codes.typed(text) == "BCDFGHJKLM", text
    assert len(device_codes.LETTERS) ** device_codes.LENGTH > 2**40


@pytest.mark.attack("T21")
def test_a_code_of_one_tenant_is_none_at_another(one: Provider, tv: Party) -> None:
    switch(one, on=True, slug="midori")
    told = begin(tv)
    answer = typed(one.browser(), told["user_code"], address=f"{BASE_URL}/t/midori/device")
    assert answer.status == 422
    other = replace(tv, slug="midori")
    assert refused(other.post("token", **GRANT, device_code=told["device_code"]), "invalid_client", status=401)


def test_a_code_is_for_the_client_that_asked(one: Provider, tv: Party) -> None:
    told, browser = begin(tv), one.browser()
    say(browser, choice(browser, told), "device-allow")
    assert refused(poll(register(one, "another"), told), "invalid_grant")
    assert poll(tv, told).status == 200


@pytest.mark.attack("T17")
def test_a_device_gets_no_scope_that_its_client_is_not_registered_for(one: Provider, tv: Party) -> None:
    for scope in ("admin", "openid admin", "email"):
        assert refused(tv.post("device_authorization", scope=scope), "invalid_scope")
    assert begin(tv, scope=None)


@pytest.mark.attack("T21")
@pytest.mark.parametrize("code", ["", "nonsense", "dc_" + "0" * 32 + "_x_00000000"])
def test_what_is_no_device_code_is_refused(one: Provider, tv: Party, code: str) -> None:
    answer = tv.post("token", **GRANT, device_code=code)
    assert refused(answer, "invalid_grant" if code else "invalid_request")


def test_a_client_without_the_grant_is_refused_at_both_ends(one: Provider, tv: Party) -> None:
    web = one.party("web")
    assert refused(web.post("device_authorization", scope="openid"), "unauthorized_client")
    assert refused(poll(web, begin(tv)), "unauthorized_client")
    assert refused(web.post("device_authorization", client_id="nobody"), "invalid_client", status=401)


def test_off_means_that_it_is_not_there(provider: Provider) -> None:
    document = "/t/aoba/.well-known/openid-configuration"
    assert "device" not in json.dumps(provider.get(document).json())
    tv = register(provider, "tv")
    assert tv.post("device_authorization", scope="openid").status == 404
    assert refused(tv.post("token", **GRANT, device_code="x"), "unsupported_grant_type")
    assert provider.get("/t/aoba/device").status == 404
    assert provider.get("/t/aoba/device/decision").status == 404
    switch(provider, on=True)
    found = provider.get(document).json()
    assert found["device_authorization_endpoint"] == f"{BASE_URL}/t/aoba/device_authorization"
    assert DEVICE in found["grant_types_supported"]
    assert begin(tv)


def test_a_contract_that_does_not_run_stops_devices_everywhere(provider: Provider) -> None:
    switch(provider, on=True)
    tv = register(provider, "tv")
    waiting, allowed, browser = begin(tv), begin(tv), provider.browser()
    say(browser, choice(browser, allowed), "device-allow")
    page = choice(browser, waiting)
    provider.suspend()
    assert refused(tv.post("device_authorization", scope="openid"), "unauthorized_client", "contract_suspended")
    for told in (waiting, allowed):
        assert refused(poll(tv, told), "invalid_grant", "contract_suspended")
    denied = say(browser, page, "device-allow")
    assert (denied.status, "contract_suspended" in denied.text) == (403, True)
    provider.resume()
    assert refused(poll(tv, allowed), "invalid_grant")  # what was allowed before it is over, as every sign-in is
    assert refused(poll(tv, waiting), "authorization_pending")


@pytest.mark.attack("T22", "T21")
def test_whoever_is_disabled_meanwhile_gets_nothing(provider: Provider) -> None:
    switch(provider, on=True)
    tv, browser = register(provider, "tv"), provider.browser()
    told = begin(tv)
    say(browser, choice(browser, told), "device-allow")
    with provider.open() as unit:
        users.disable(unit, provider.user())
    assert refused(poll(tv, told), "invalid_grant")
    assert refused(poll(tv, told), "invalid_grant")


@pytest.mark.attack("B1", "T21")
def test_a_form_that_is_not_ours_decides_nothing(one: Provider, tv: Party) -> None:
    told, browser = begin(tv), one.browser()
    form = browser.form(choice(browser, told), "device-decision-form")
    fields = {**form.fields, "decision": "allow"}
    for changed in ({"csrf": "0" * 64}, {"csrf": ""}):
        assert browser.post(form.action, {**fields, **changed}).status == 403
    assert browser.post(form.action, fields, {"origin": "https://evil.example"}).status == 403
    stranger = one.browser()
    assert stranger.post(form.action, fields).status == 400
    entry = stranger.form(stranger.get(f"{BASE_URL}/t/aoba/device"), "device-form")
    assert stranger.post(entry.action, {**entry.fields, "csrf": "0", "user_code": told["user_code"]}).status == 403
    assert refused(poll(tv, told), "authorization_pending")


@pytest.mark.attack("U11")
@pytest.mark.honest("U11")
def test_a_device_that_asks_for_two_factors_is_allowed_with_both(provider: Provider) -> None:
    switch(provider, on=True)
    tv = register(provider, "tv", token_endpoint_auth_method="none")
    tv_id = tv.registered["id"]
    rule = {"name": "two factors", "effect": "step_up", "services": [tv_id], "when": {"all": []}, "require": ["mfa"]}
    first = provider.browser()
    assert "device-decision-form" in Page(choice(first, begin(tv)).text).forms
    app = enrolled(provider)
    Desk.of(provider).put_in_force(rule)
    told = begin(tv)
    assert "otp-form" in Page(choice(first, told).text).forms  # in the session of before, and no password again
    assert refused(poll(tv, told), "authorization_pending")
    other = begin(tv)
    browser = careful(provider, app)
    assert say(browser, choice(browser, other), "device-allow").status == 200
    assert browser.asked == ["code"]
    assert claims(poll(tv, other).json()["id_token"])["amr"] == ["pwd", "otp", "mfa"]
