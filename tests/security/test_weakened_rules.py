"""As `test_weakened_builds`, rule by rule: how long, for whom, for what and of whom something is good."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest
from tests.oidc.test_devices import begin, choice, poll, register, say
from tests.oidc.test_dpop import Holder
from tests.oidc.test_registration import METADATA, Registrar
from tests.security.test_weakened_builds import Unequal
from tests.support.filling import GOODBYE
from tests.support.in_process import encoded
from tests.support.provider import Source
from tests.support.signers import b64
from tests.support.signing_clients import Signing, signing_provider

from idp import federation, signing, tenants
from idp.federation import self_registration, subjects
from idp.kit import ids
from idp.oidc import device_codes, dpop, giving, hints, progress, redemption, registration, targets
from idp.oidc import grants as oidc_grants
from idp.sessions import Lifetimes, grants
from idp.signing import foreign_keys
from idp.tenants import Switches
from idp.web import hallway

pytestmark = pytest.mark.rewired

NUMBERS = count()


class Weakness(NamedTuple):
    place: Any
    name: str
    instead: Any
    case: Callable[[Signing], None]


@pytest.fixture(scope="module")
def ours(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(embedded, tmp_path_factory.mktemp("rules")) as made:
        on = Switches(dynamic_registration=True, device_grant=True, public_refresh_grace_seconds=10)
        with made.provider.open() as unit:
            tenants.switch(unit, on)
        yield made


def a_scope_of_others(ours: Signing) -> None:
    assert ours.provider.party("web").credentials(scope="api admin").status == 400


def an_old_sign_in(ours: Signing) -> None:
    web, browser = ours.provider.party("web"), ours.provider.browser()
    browser.code(web)
    for asked in ({"prompt": "login"}, {"prompt": "select_account"}):
        assert "/signin?" in browser.get(web.address(**asked)).location


def a_service_that_was_never_allowed(ours: Signing) -> None:
    browser = ours.provider.browser()
    browser.code(ours.provider.party("web"))
    answer = browser.get(ours.provider.party("asking").address(prompt="none"))
    assert answer.query.get("error") == "consent_required"


def a_foreign_resource(ours: Signing) -> None:
    web = ours.provider.party("web")
    assert web.credentials(resource="https://api.evil.example/").json().get("error") == "invalid_target"


def a_verifier_out_of_nowhere(ours: Signing) -> None:
    legacy = ours.provider.party("legacy")
    code = ours.provider.browser().code(legacy, code_challenge=None, code_challenge_method=None)
    assert legacy.redeem(code).status == 400


def an_old_code(ours: Signing) -> None:
    web = ours.provider.party("web")
    code = ours.provider.browser().code(web)
    ours.provider.clock.advance(seconds=61)
    assert web.redeem(code).status == 400


def an_idle_token(ours: Signing) -> None:
    web = ours.provider.party("web")
    token = web.tokens(ours.provider.browser())["refresh_token"]
    ours.provider.clock.advance(days=30)
    assert web.refresh(token).status == 400


def a_late_grace(ours: Signing) -> None:
    app = ours.provider.party("app")
    first = app.tokens(ours.provider.browser())["refresh_token"]
    app.refresh(first)
    ours.provider.clock.advance(seconds=11)
    assert app.refresh(first).status == 400


def anothers_refresh_token(ours: Signing) -> None:
    token = ours.provider.party("web").tokens(ours.provider.browser())["refresh_token"]
    assert ours.provider.party("other").refresh(token).status == 400


def a_forged_hint(ours: Signing) -> None:
    provider = ours.provider
    told = provider.party("web").tokens(provider.browser())["id_token"]
    forged = told.rpartition(".")[0] + "." + b64(bytes(256))
    query = encoded({"id_token_hint": forged, "post_logout_redirect_uri": GOODBYE}).decode()
    assert not provider.get(f"/t/aoba/end_session?{query}").location


def another_host(ours: Signing) -> None:
    assert ours.provider.get("/t/aoba/jwks", {"host": "evil.example"}).status == 421


def another_spelling(ours: Signing) -> None:
    """Each time another: what was judged once is remembered."""
    letters = format(next(NUMBERS) + 1, "04b")
    name = "".join(f"%{ord(c):02x}" if on == "1" else c for c, on in zip("jwks", letters, strict=True))
    assert ours.provider.get(f"/t/aoba/{name}").status == 400


def a_forged_registration_token(ours: Signing) -> None:
    registrar = Registrar(ours.provider)
    told = registrar.registered()
    forged = ids.derived("rat", told["registration_access_token"].split("_")[1], bytes(32)).token
    assert registrar.manage("GET", told, token=forged).status == 401


def rights_of_its_own(ours: Signing) -> None:
    told = Registrar(ours.provider).registered(introspection=True, resources=["https://id.example/t/aoba"])
    with ours.provider.open() as unit:
        service = federation.find_by_client_id(unit, told["client_id"])
    assert service
    assert service.oidc
    assert not service.oidc.introspection
    assert not service.oidc.resources


def nobody_s_registration(ours: Signing) -> None:
    with ours.provider.open() as unit:
        before = tenants.get(unit).oidc
        tenants.switch(unit, Switches(dynamic_registration=True, registration_token_required=True))
    try:
        assert Registrar(ours.provider).register(METADATA).status == 401
    finally:
        with ours.provider.open() as unit:
            tenants.switch(unit, Switches.from_text(before))


def two_sectors(ours: Signing) -> None:
    hosts = ["https://a.example/cb", "https://b.example/cb"]
    answer = Registrar(ours.provider).register({**METADATA, "subject_type": "pairwise", "redirect_uris": hosts})
    assert answer.status == 400


def a_short_key(ours: Signing) -> None:
    weak = {"kty": "RSA", "e": "AQAB", "n": b64((1 << 1023 | 1).to_bytes(128))}
    keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [weak]}}
    assert Registrar(ours.provider).register({**METADATA, **keys}).status == 400


def a_device_code_again(ours: Signing) -> None:
    tv = register(ours.provider, f"tv {next(NUMBERS)}", token_endpoint_auth_method="none")
    told, browser = begin(tv), ours.provider.browser()
    say(browser, choice(browser, told), "device-allow")
    given = poll(tv, told)
    assert given.status == 200
    poll(tv, told)
    assert tv.userinfo(given.json()["access_token"]).status == 401


def a_proof_of_yesterday(ours: Signing) -> None:
    client = ours.keyed(f"client {next(NUMBERS)}")
    holder = Holder(ours.provider)
    holder.token(client)
    yesterday = int(ours.provider.clock.now().timestamp()) - 86_400
    assert holder.token(client, holder.proof("POST", "token", iat=yesterday)).status == 400


_verified = redemption._verified
_load_grant = oidc_grants._load_grant


def _of_any_client(unit: Any, asked: Any, shown: Any) -> Any:
    grant = grants.grant_of_refresh_token(unit, shown)
    owner = federation.get(unit, grant.service_id) if grant else asked.service
    return _load_grant(unit, asked._replace(service=owner), shown)


async def _stranger(_: Any) -> Any:
    return registration._STRANGER


def _unverified(token: str, *_: Any) -> dict[str, Any]:
    return dict(signing.unverified_claims(token))


class Ever(Lifetimes):
    REFRESH_IDLE = Lifetimes.REFRESH_ABSOLUTE


WEAKNESSES = {
    "scopes of anybody": Weakness(
        oidc_grants, "_own_scopes", lambda asked: oidc_grants.scopes_of(asked.form), a_scope_of_others
    ),
    "sign-ins of any age": Weakness(progress, "_fresh", lambda *_: True, an_old_sign_in),
    "consent of everybody": Weakness(
        progress,
        "_last",
        lambda *given, **_: given[3],
        a_service_that_was_never_allowed,
    ),
    "any resource": Weakness(targets, "judge", lambda *_, **__: None, a_foreign_resource),
    "a verifier for nothing": Weakness(
        redemption, "_verified", lambda *given: given[0] is None or _verified(*given), a_verifier_out_of_nowhere
    ),
    "codes without end": Weakness(giving, "CODE_LIFETIME", 10**10, an_old_code),
    "refresh tokens that may lie idle": Weakness(grants, "Lifetimes", Ever, an_idle_token),
    "grace without end": Weakness(grants, "_replaced_again", lambda *_: True, a_late_grace),
    "refresh tokens of anybody": Weakness(oidc_grants, "_load_grant", _of_any_client, anothers_refresh_token),
    "hints that are believed": Weakness(hints, "proven", _unverified, a_forged_hint),
    "any host": Weakness(hallway.Hallway, "_refuse_host", lambda *_: None, another_host),
    "any path": Weakness(hallway, "is_normal", lambda _: True, another_spelling),
    "any token of a registration": Weakness(self_registration, "hmac", Unequal, a_forged_registration_token),
    "clients that say what they may": Weakness(self_registration, "_NOT_THEIRS", frozenset(), rights_of_its_own),
    "registration without a token": Weakness(registration, "_registrant", _stranger, nobody_s_registration),
    "one sector for all": Weakness(subjects, "_host", lambda _: "a.example", two_sectors),
    "keys of any length": Weakness(foreign_keys, "_RSA_BITS", range(10_000), a_short_key),
    "device codes that are not spent": Weakness(device_codes, "redeem", lambda *_: True, a_device_code_again),
    "proofs of any time": Weakness(dpop, "_SKEW", 10**9, a_proof_of_yesterday),
}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_build_without_its_defence_is_found_out(ours: Signing, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    weakness = WEAKNESSES[name]
    monkeypatch.setattr(weakness.place, weakness.name, weakness.instead)
    with pytest.raises((AssertionError, KeyError)):
        weakness.case(ours)


@pytest.mark.parametrize("name", WEAKNESSES)
def test_and_with_it_the_case_passes(ours: Signing, name: str) -> None:
    WEAKNESSES[name].case(ours)
