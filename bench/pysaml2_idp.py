"""The peer of the sign-on of SAML: pysaml2 and the xmlsec1 binary, as their documents put them together.

The least that an identity provider can do: it reads the request, finds a session that is in memory, and answers with a
response and an assertion that are both signed, on a page that posts itself. It stores nothing, asks no policy and keeps
no trail. usage: python -m bench.pysaml2_idp PORT FOLDER, with `idp.key`, `idp.crt` and `sp.xml` in the folder.
"""

import sys
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
    from saml2.config import IdPConfig
    from saml2.saml import NAME_FORMAT_BASIC, NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server
    from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

SESSION = "session=bench"
CONTEXT = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "authn_auth": "bench"}
PERSON = {
    "mail": "taro@aoba.example",
    "displayName": "太郎 山田",
    "givenName": "太郎",
    "sn": "山田",
    "uid": "taro@aoba.example",
    "affiliation": "employee",
    "telephoneNumber": "+81 3 1234 5678",
    "nickname": "たろ",
}


def server(port: int, folder: Path) -> Server:
    base = f"http://localhost:{port}"
    idp = {
        "endpoints": {"single_sign_on_service": [(f"{base}/sso", BINDING_HTTP_REDIRECT)]},
        "name_id_format": [NAMEID_FORMAT_PERSISTENT],
        "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_BASIC}},
        "signing_algorithm": SIG_RSA_SHA256,
        "digest_algorithm": DIGEST_SHA256,
    }
    settings = {
        "entityid": f"{base}/metadata",
        "service": {"idp": idp},
        "key_file": str(folder / "idp.key"),
        "cert_file": str(folder / "idp.crt"),
        "metadata": {"local": [str(folder / "sp.xml")]},
        "xmlsec_binary": "/usr/bin/xmlsec1",
    }
    return Server(config=IdPConfig().load(settings))


def answer(idp: Server, message: str, relay_state: str) -> str:
    asked = idp.parse_authn_request(message, BINDING_HTTP_REDIRECT).message
    where = idp.response_args(asked, bindings=[BINDING_HTTP_POST])
    response = idp.create_authn_response(
        PERSON,
        where["in_response_to"],
        where["destination"],
        where["sp_entity_id"],
        name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text="p-0123456789abcdef"),
        authn=CONTEXT,
        sign_response=True,
        sign_assertion=True,
        sign_alg=SIG_RSA_SHA256,
        digest_alg=DIGEST_SHA256,
    )
    page = idp.apply_binding(BINDING_HTTP_POST, str(response), where["destination"], relay_state, response=True)
    return str(page["data"])


def app(idp: Server) -> Callable[..., Awaitable[None]]:
    async def serve(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI's signature
        if scope["type"] != "http":
            return
        headers, query = dict(scope["headers"]), parse_qs(scope["query_string"].decode())
        known = headers.get(b"cookie", b"").decode() == SESSION
        body = answer(idp, query["SAMLRequest"][0], query["RelayState"][0]).encode() if known else b""
        fields = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if known else 403, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return serve


if __name__ == "__main__":
    import uvicorn

    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    made = app(server(port, folder))
    uvicorn.run(made, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
