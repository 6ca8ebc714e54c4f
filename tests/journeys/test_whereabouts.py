"""Through a proxy to a session: it records where a trusted proxy saw the person, and nothing that anybody claims."""

from pathlib import Path

import httpx2
import pytest
from tests.support.installation import Installation, demo
from tests.support.proxy import proxy
from tests.support.services import Services
from tests.support.sign_in import Person

from idp import main, sessions, settings, tenants
from idp.kit.actors import SYSTEM
from idp.kit.ids import presented
from idp.sessions import Whereabouts

PROXY = "127.0.0.2"
TOKYO = "133.11.0.1"
ELSEWHERE = "8.8.8.8"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


class Line(httpx2.HTTPTransport):
    """To a port of loopback, whatever the address says: so that hosts and cookies stay those of the provider."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        there = request.url.copy_with(host="127.0.0.1", port=self._port)
        return super().handle_request(
            httpx2.Request(request.method, there, headers=request.headers, content=request.content)
        )


def signed_in_from(installation: Installation, services: Services, *, port: int, claiming: str) -> Whereabouts:
    """What the session records of a sign-in at `port` by somebody who says to be at `claiming`."""
    with Person(installation.base_url) as person:
        person.client.close()
        said = {"user-agent": FIREFOX, "x-forwarded-for": claiming}
        person.client = httpx2.Client(trust_env=False, timeout=30, transport=Line(port), headers=said)
        services.code(person, services.web)
        [cookie] = [each for each in person.client.cookies.jar if "session" in each.name]
    return recorded(installation, cookie.value or "")


def recorded(installation: Installation, cookie: str) -> Whereabouts:
    chosen = settings.load(
        data_dir=installation.data_dir,
        environment="test",
        database_url=installation.settings.get("IDP_DATABASE_URL", ""),
    )
    shown = presented("ss", cookie)
    assert shown is not None
    with main.opened(chosen) as units:
        with units.platform(actor=SYSTEM, write=False) as unit:
            tenant = tenants.find_by_slug(unit, "aoba")
        assert tenant is not None
        with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
            session = sessions.find_session(unit, shown.id)
            assert session is not None
            return sessions.context_of(unit, session).whereabouts


@pytest.mark.parametrize(
    ("trusted", "address", "country"),
    [(PROXY, TOKYO, "JP"), ("192.0.2.1", PROXY, None)],
    ids=["a proxy that is trusted", "a peer that is not"],
)
def test_a_session_records_what_a_trusted_proxy_saw(
    tmp_path: Path, database_url: str, trusted: str, address: str, country: str | None
) -> None:
    wanted = {"IDP_DATABASE_URL": database_url, "IDP_TRUSTED_PROXIES": trusted}
    with demo(tmp_path / "data", settings=wanted) as installation:
        services = Services.register(installation)
        with proxy(installation.port, sees=TOKYO, speaks_from=PROXY) as port:
            seen = signed_in_from(installation, services, port=port, claiming=ELSEWHERE)
        assert seen == Whereabouts(address, country, "firefox", 133)
        # and who goes round the proxy is where they are
        straight = signed_in_from(installation, services, port=installation.port, claiming=TOKYO)
        assert straight == Whereabouts("127.0.0.1", None, "firefox", 133)
