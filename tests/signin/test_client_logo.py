"""The registered logo, policy and terms of a service on the pages of a fresh sign-in."""

import asyncio
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from tests.support.filling import CALLBACK
from tests.support.outside import Outside, answer, outside
from tests.support.party import Party
from tests.support.provider import Provider

from idp import federation
from idp.kit.egress import Allowed, Egress
from idp.web.service_logos import ServiceLogos

LINKS = {
    "logo_uri": "https://shown.example/logo.png",
    "policy_uri": "https://shown.example/privacy",
    "tos_uri": "https://shown.example/terms",
    "client_uri": "https://shown.example/",
}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("outside")) as server:
        yield server


def registered(provider: Provider, **more: str) -> Party:
    oidc = {"redirect_uris": [CALLBACK], **LINKS, **more}
    document = {"name": "Shown", "protocol": "oidc", "assignment_required": False, "consent": "required", "oidc": oidc}
    with provider.open() as unit:
        made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
    return Party(provider.first, "aoba", made)


@pytest.mark.meets("R7")
def test_they_stand_on_the_page_of_a_sign_in_and_of_consent(alone: Provider) -> None:
    shown, browser = registered(alone), alone.browser()
    first = browser.get(browser.get(shown.address(scope="openid")).location)
    consent = browser.get(browser.get(browser.sign_in(browser.form(first)).location).location)
    assert 'id="consent-form"' in consent.text
    for page in (first.text, consent.text):
        assert 'id="client-logo"' in page
        assert f'src="/t/aoba/service-logo?service={shown.registered["id"]}&amp;v=' in page
        assert 'id="client-policy" href="https://shown.example/privacy"' in page
        assert 'id="client-home" href="https://shown.example/"' in page
        assert 'id="client-tos" href="https://shown.example/terms"' in page
        assert LINKS["logo_uri"] not in page  # nobody's browser is sent there


@pytest.mark.attack("B7", "A15")
def test_a_page_sends_nobody_to_another_origin_for_a_picture(alone: Provider) -> None:
    browser = alone.browser()
    page = browser.get(browser.get(registered(alone).address(scope="openid")).location)
    assert "img-src 'self';" in page.headers["content-security-policy"]


@pytest.mark.attack("D2")
@pytest.mark.parametrize("service", ["", "svc_", "../logo", "svc_" + "0" * 32, "svc_" + "g" * 32, "x" * 4_000])
def test_a_logo_that_there_is_not_is_not_found(shared: Provider, service: str) -> None:
    assert shared.get(f"/t/aoba/service-logo?service={service}").status == 404


@pytest.mark.attack("D2")
def test_a_logo_inside_is_not_fetched(alone: Provider) -> None:
    shown = registered(alone, logo_uri="https://127.0.0.1/logo.png")
    assert alone.get(f"/t/aoba/service-logo?service={shown.registered['id']}").status == 404


def test_it_is_fetched_once_and_written_anew(there: Outside) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (512, 256), "red").save(drawn, "PNG", pnginfo=None)
    there.pages["/logo.png"] = answer(drawn.getvalue())
    there.pages["/page"] = answer(b"<svg onload=alert(1)>")
    egress = Egress(
        allowed=Allowed.read(["127.0.0.0/8"]), resolve=lambda _host, _port: ["127.0.0.1"], extra_ca=there.ca
    )
    logos = ServiceLogos(egress)

    async def ask() -> list[bytes | None]:
        asked = [logos.picture(there.url("/logo.png"), tenant="ten_1") for _ in range(8)]
        again = [logos.picture(there.url("/page"), tenant="ten_1") for _ in range(2)]
        return [*await asyncio.gather(*asked), *await asyncio.gather(*again)]

    *pictures, nothing, still_nothing = asyncio.run(ask())
    egress.close()
    assert nothing is still_nothing is None
    assert len(set(pictures)) == 1
    assert pictures[0] is not None
    assert Image.open(io.BytesIO(pictures[0])).size == (256, 128)
    assert len([asked for asked in there.asked if b"/logo.png" in str(asked).encode()]) == 1
