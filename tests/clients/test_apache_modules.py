"""mod_auth_mellon and Shibboleth's mod_shib, unmodified, in Debian's Apache: set up from our metadata and registered by
the metadata that they publish. They sign their requests, and are answered encrypted.

They verify by lasso with xmlsec1's library and by OpenSAML with Apache's Santuario; both look at the machine's clock.
"""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from tests.support.apache import Apache, apache
from tests.support.installation import Installation
from tests.support.sign_in import Page
from tests.support.surfer import Surfer

METADATA = {"mellon": "endpoint/metadata", "shib": "Shibboleth.sso/Metadata"}
LOGOUT = {"mellon": "endpoint/logout?ReturnTo=", "shib": "Shibboleth.sso/Logout?return="}
MODULES = list(METADATA)
USER = "taro@aoba.example"


@pytest.fixture(scope="module")
def there(installation: Installation) -> Iterator[Apache]:
    with apache(httpx2.get(f"{installation.issuer}/saml/metadata", trust_env=False).text) as running:
        for name, path in METADATA.items():
            for place in (name, f"foreign-{name}"):
                register(installation, running, place, path)
        yield running


def register(installation: Installation, there: Apache, place: str, path: str) -> None:
    metadata = httpx2.get(there.at(f"/{place}/{path}"), trust_env=False).text
    saml = {"metadata_xml": metadata, "encrypt": True, "require_signed_requests": True, "idp_initiated": True}
    document = {"name": place, "protocol": "saml", "assignment_required": False, "saml": saml}
    made = installation.call("POST", "/tenants/aoba/services", document)
    assert made.status == 201, made


@pytest.fixture
def taro(installation: Installation) -> Iterator[Surfer]:
    with Surfer(installation.base_url) as somebody:
        yield somebody


def inside(there: Apache, module: str, page: httpx2.Response) -> bool:
    """Whether somebody is shown what is guarded, as Taro."""
    shown = str(page.url) == there.at(f"/{module}/inside")
    assert not shown or (page.text, page.headers["x-mail"]) == ("inside", USER), there.said()
    return shown


@pytest.mark.parametrize("module", MODULES)
def test_it_signs_people_on_and_out(installation: Installation, there: Apache, taro: Surfer, module: str) -> None:
    assert inside(there, module, taro.surf(there.at(f"/{module}/inside"))), there.said()
    assert inside(there, module, taro.client.get(there.at(f"/{module}/inside")))  # by a session of its own
    bye = there.at(f"/{module}/outside")
    left = taro.surf(there.at(f"/{module}/{LOGOUT[module]}{quote(bye, safe='')}"))
    assert (str(left.url), left.text) == (bye, "outside"), there.said()
    asked = taro.client.get(there.at(f"/{module}/inside"))
    while not asked.headers["location"].startswith(f"{installation.issuer}/"):
        asked = taro.client.get(asked.headers["location"])
    page = taro.client.get(taro.client.get(asked.headers["location"]).headers["location"])
    assert "login-form" in Page(page.text).forms  # nor is anybody signed in at the provider


@pytest.mark.parametrize("module", MODULES)
def test_it_takes_somebody_who_comes_from_the_provider(
    installation: Installation, there: Apache, taro: Surfer, module: str
) -> None:
    entity_id, onward = quote(there.at(f"/{module}"), safe=""), quote(there.at(f"/{module}/inside"), safe="")
    page = taro.surf(f"{installation.issuer}/saml/init?sp={entity_id}&RelayState={onward}")
    assert inside(there, module, page), there.said()


@pytest.mark.attack("X8")
@pytest.mark.parametrize("module", MODULES)
def test_it_refuses_answers_that_are_signed_by_another_key_than_it_knows(
    there: Apache, taro: Surfer, module: str
) -> None:
    refused = taro.surf(there.at(f"/foreign-{module}/inside"))
    assert refused.status_code >= 400
    assert urlsplit(str(refused.url)).path.startswith(f"/foreign-{module}/")
    assert "signature" in there.said()
    assert taro.client.get(there.at(f"/foreign-{module}/inside")).is_redirect
    assert inside(there, module, taro.surf(there.at(f"/{module}/inside")))
