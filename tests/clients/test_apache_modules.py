"""mod_auth_mellon and Shibboleth's mod_shib, unmodified, in Debian's Apache: set up from our metadata and registered by
the metadata that they publish. They sign their requests, and are answered encrypted.

They verify by lasso with xmlsec1's library and by OpenSAML with Apache's Santuario; both look at the machine's clock.
"""

import time
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


def metadata_of(there: Apache, path: str) -> str:
    """Once the daemon behind it is ready to say it."""
    for _ in range(40):
        answer = httpx2.get(there.at(path), trust_env=False)
        if answer.is_success and "EntityDescriptor" in answer.text:
            return answer.text
        time.sleep(0.25)
    raise AssertionError(f"{answer.status_code}: {answer.text[:500]}{there.said()}")


def register(installation: Installation, there: Apache, place: str, path: str) -> None:
    metadata = metadata_of(there, f"/{place}/{path}")
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


def leave(installation: Installation, there: Apache, taro: Surfer, module: str) -> None:
    """Shibboleth wants no answer, as it is set up by its makers (`aslo:Asynchronous`): the person stays with us."""
    bye = there.at(f"/{module}/outside")
    left = taro.surf(there.at(f"/{module}/{LOGOUT[module]}{quote(bye, safe='')}"))
    if module == "shib":
        assert str(left.url).startswith(installation.issuer), there.said()
        assert 'id="logged-out"' in left.text, left.text
        assert "logged-out-untold" not in left.text
    else:
        assert (str(left.url), left.text) == (bye, "outside"), there.said()


@pytest.mark.parametrize("module", MODULES)
def test_it_signs_people_on_and_out(installation: Installation, there: Apache, taro: Surfer, module: str) -> None:
    assert inside(there, module, taro.surf(there.at(f"/{module}/inside"))), there.said()
    assert inside(there, module, taro.client.get(there.at(f"/{module}/inside")))  # by a session of its own
    leave(installation, there, taro, module)
    asked = taro.client.get(there.at(f"/{module}/inside"))
    while not asked.headers["location"].startswith(f"{installation.issuer}/"):
        asked = taro.client.get(asked.headers["location"])
    page = taro.client.get(taro.client.get(asked.headers["location"]).headers["location"])
    assert "login-form" in Page(page.text).forms  # nor is anybody signed in at the provider


def signed_on_there(there: Apache, taro: Surfer, module: str) -> bool:
    """By a session of the module's own."""
    return not taro.client.get(there.at(f"/{module}/inside")).is_redirect


@pytest.mark.parametrize("module", MODULES)
def test_who_signs_out_at_one_of_them_is_signed_out_at_the_other(
    installation: Installation, there: Apache, taro: Surfer, module: str
) -> None:
    for each in MODULES:
        assert inside(there, each, taro.surf(there.at(f"/{each}/inside"))), there.said()
    leave(installation, there, taro, module)
    assert not any(signed_on_there(there, taro, each) for each in MODULES)


def sign_out_everywhere(installation: Installation, there: Apache, taro: Surfer) -> None:
    for each in MODULES:
        assert inside(there, each, taro.surf(there.at(f"/{each}/inside"))), there.said()
    page = taro.client.get(f"{installation.issuer}/end_session")
    form = Page(page.text).forms["logout-form"]
    here = {"origin": installation.base_url, "sec-fetch-site": "same-origin"}
    left = taro.client.post(form.action, data=form.fields, headers=here)
    last = taro.surf(left.headers["location"]) if left.is_redirect else left
    assert 'id="logged-out"' in last.text, there.said()
    assert "logged-out-untold" not in last.text
    assert not any(signed_on_there(there, taro, each) for each in MODULES)


def told_directly(installation: Installation) -> list[str]:
    rows = installation.call("GET", "/tenants/aoba/deliveries?limit=200").body["items"]
    return [row["status"] for row in rows if row["event"] == "session.ended" and "protocol" in row["payload"]]


def test_who_signs_out_at_the_provider_is_signed_out_at_both(
    installation: Installation, there: Apache, taro: Surfer
) -> None:
    before = len(told_directly(installation))
    sign_out_everywhere(installation, there, taro)
    assert told_directly(installation)[before:] == ["delivered", "delivered"]


@pytest.fixture
def by_browser_alone(installation: Installation, there: Apache) -> Iterator[None]:
    """As if their metadata offered nothing else."""
    services = installation.call("GET", "/tenants/aoba/services?limit=200").body["items"]
    logouts = {each["id"]: each["saml"]["slo"] for each in services if each["name"] in MODULES}
    assert len(logouts) == len(MODULES)
    for service, slo in logouts.items():
        change(installation, service, [each for each in slo if not each["binding"].endswith(":SOAP")])
    yield
    for service, slo in logouts.items():
        change(installation, service, slo)


def change(installation: Installation, service: str, slo: list[dict[str, str]]) -> None:
    assert installation.call("PATCH", f"/tenants/aoba/services/{service}", {"saml": {"slo": slo}}).status == 200


@pytest.mark.usefixtures("by_browser_alone")
def test_where_they_take_it_by_the_browser_alone_that_is_taken_to_both(
    installation: Installation, there: Apache, taro: Surfer
) -> None:
    before = len(told_directly(installation))
    sign_out_everywhere(installation, there, taro)
    assert len(told_directly(installation)) == before


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
