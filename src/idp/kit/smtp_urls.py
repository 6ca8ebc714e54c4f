"""Where a mail server is, written as one address."""

from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    NONE = "smtp"
    TLS = "smtps"
    STARTTLS = "starttls"


_PORTS = {Security.NONE: 25, Security.TLS: 465, Security.STARTTLS: 587}


class SmtpAddress(NamedTuple):
    security: Security
    host: str
    port: int
    user: str = ""
    password: str = ""


def parse_smtp_url(url: str) -> SmtpAddress:
    """`smtp://`, `smtps://` or `starttls://`, `[USER:PASSWORD@]HOST[:PORT]`. ValueError, which does not repeat it."""
    parts = urlsplit(url)
    try:
        security, port = Security(parts.scheme), parts.port
    except ValueError:
        raise ValueError("expected smtp://, smtps:// or starttls://, then [USER:PASSWORD@]HOST[:PORT]") from None
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("expected [USER:PASSWORD@]HOST[:PORT] and nothing else")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and security is Security.NONE and parts.hostname not in _LOOPBACK:
        raise ValueError("a password goes over TLS: expected smtps:// or starttls://")
    return SmtpAddress(security, parts.hostname, port or _PORTS[security], user, password)
