from enum import StrEnum
from typing import NamedTuple

from idp.federation import Protocol


class Library(StrEnum):
    AUTHLIB = "authlib"
    OPENID_CLIENT = "openid-client"
    OAUTH2_PROXY = "oauth2-proxy"
    MOD_AUTH_OPENIDC = "mod_auth_openidc"
    PYTHON3_SAML = "python3-saml"
    NODE_SAML = "node-saml"
    MOD_AUTH_MELLON = "mod_auth_mellon"


class About(NamedTuple):
    """`file` is what to call it; `install` what it takes; the text is in `code/`, by the name of the library."""

    protocol: Protocol
    language: str
    file: str
    install: str


_PYTHON = "fastapi itsdangerous uvicorn"
ABOUT: dict[Library, About] = {
    Library.AUTHLIB: About(Protocol.OIDC, "python", "app.py", f"pip install authlib httpx2 {_PYTHON}"),
    Library.OPENID_CLIENT: About(Protocol.OIDC, "javascript", "app.mjs", "npm install openid-client"),
    Library.OAUTH2_PROXY: About(
        Protocol.OIDC, "toml", "oauth2-proxy.cfg", "https://oauth2-proxy.github.io/oauth2-proxy/installation"
    ),
    Library.MOD_AUTH_OPENIDC: About(Protocol.OIDC, "apache", "openidc.conf", "apt install libapache2-mod-auth-openidc"),
    Library.PYTHON3_SAML: About(Protocol.SAML, "python", "app.py", f"pip install python3-saml {_PYTHON}"),
    Library.NODE_SAML: About(Protocol.SAML, "javascript", "app.mjs", "npm install @node-saml/node-saml"),
    Library.MOD_AUTH_MELLON: About(Protocol.SAML, "apache", "mellon.conf", "apt install libapache2-mod-auth-mellon"),
}


def libraries_of(protocol: Protocol) -> list[Library]:
    return [library for library, about in ABOUT.items() if about.protocol is protocol]
