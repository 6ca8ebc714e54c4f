"""What a developer needs for one registration: addresses, and code for common libraries, filled in."""

from typing import Any
from urllib.parse import urlsplit

from idp import federation
from idp.admin import negotiation, rights, setting_up, snippets
from idp.admin.answers import Answer, File
from idp.admin.call import Call
from idp.admin.routes import Route
from idp.admin.shapes.snippets import Snippets
from idp.admin.snippets import Library
from idp.credentials import Noun
from idp.federation import AuthMethod, Registered
from idp.kit.errors import Conflict
from idp.kit.fields import Fields
from idp.kit.units import Unit

_JSON, _PLAIN = "application/json", "text/plain"
_SECRETS = frozenset({AuthMethod.BASIC, AuthMethod.POST})
_POST_RESPONSE = "/postResponse"


def shown(call: Call) -> Answer | File:
    """Where the service finds us, and code for common libraries with its own values.

    With `library` for one of them alone, and then as `text/plain` the code itself, to be run. A secret is never in it:
    it is read from the environment.
    """
    fields = Fields(call.filters)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        registered = federation.registered(unit, call.names["service"])
        offered = snippets.libraries_of(registered.service.protocol)
        wanted = [fields.choice("library", Library, frozenset(), default=offered[0])]
        if wanted[0] not in offered:
            detail = "This library speaks another protocol than the service."
            fields.refuse("library", "inconsistent", detail, found=wanted[0].value, expected=[*offered])
        fields.finish()
        values = _values(call, unit, registered)
    form = negotiation.choose(call.accept, (_JSON, _PLAIN))
    made = [snippets.written(each, values) for each in (wanted if "library" in call.filters else offered)]
    if form == _PLAIN:
        return File(made[0].code.encode(), f"{_PLAIN}; charset=utf-8", made[0].file)
    found = "discovery_url" if registered.service.oidc else "metadata_url"
    return Answer(200, {found: values[found], "snippets": [each.to_json() for each in made]})


def _values(call: Call, unit: Unit, registered: Registered) -> dict[str, Any]:
    known: dict[str, Any] = dict(setting_up.values(call, unit, registered))
    return known | (_saml(unit, registered) if registered.service.saml else _oidc(known, registered))


def _oidc(known: dict[str, Any], registered: Registered) -> dict[str, Any]:
    client = registered.service.oidc
    assert client is not None
    uris = [uri for uri in client.redirects.registered if uri.startswith(("https://", "http://"))]
    if not uris or client.auth_method not in {*_SECRETS, AuthMethod.NONE}:
        detail = "There are snippets for services with pages, and a secret or none."
        raise Conflict("no_snippets", detail)
    scopes = [each for each in ("openid", "profile", "email", "offline_access") if each in client.scopes]
    return {
        **_listening(uris[0]),
        "redirect_uri": uris[0],
        "scope": " ".join(scopes or ["openid"]),
        "auth_method": client.auth_method.value,
        "has_secret": client.auth_method in _SECRETS,
        "is_basic": client.auth_method is AuthMethod.BASIC,
        "is_post": client.auth_method is AuthMethod.POST,
        "plain": str(known["issuer"]).startswith("http:"),
    }


def _saml(unit: Unit, registered: Registered) -> dict[str, Any]:
    saml = registered.service.saml
    assert saml is not None
    acs = saml.consumers[0].url
    chain = federation.current_chain(unit)
    path = urlsplit(acs).path
    return {
        **_listening(acs),
        "acs": acs,
        "certificates": [link.certificate.text for link in chain.links],
        "nameid_format": saml.name_id_format.value,
        "signs_requests": saml.requires_signed_requests,
        "signs_assertion": saml.signs.assertion,
        "signs_response": saml.signs.response,
        "mellon_path": path.removesuffix(_POST_RESPONSE) if path.endswith(_POST_RESPONSE) else "/mellon",
    }


def _listening(url: str) -> dict[str, Any]:
    """Where the program listens: at the address itself, if that is one of this machine."""
    parts = urlsplit(url)
    here = parts.scheme == "http"
    host, port = (parts.hostname or "localhost", parts.port or 80) if here else ("127.0.0.1", 3000)
    callback = parts.path or "/"
    return {
        "callback_path": callback,
        "home_path": "/" if callback != "/" else "/home",
        "login_path": "/login" if callback != "/login" else "/sign-in",
        "listen_host": host,
        "listen_port": port,
        "listen_address": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
    }


ROUTES = (
    Route(
        "GET",
        "/tenants/{tenant}/services/{service}/snippets",
        shown,
        rights.read(Noun.SERVICES),
        gives=Snippets,
        filters={"library": "One of them, such as `authlib`."},
        conflicts=("no_snippets",),
        also=(_PLAIN,),
    ),
)
