"""Redirect URIs of others, which may be patterns: here each is one address."""

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from idp.conversions.model import Document, Notes

_PATTERN = "Addresses are compared character by character here: say each of them."


def addresses(listed: Iterable[str], root: str | None, where: str, notes: Notes) -> tuple[list[str], list[str]]:
    """Those that are addresses, and of the patterns what stands before their star."""
    exact: list[str] = []
    begun: list[str] = []
    for each in listed:
        absolute = urljoin(f"{root.rstrip('/')}/", each.lstrip("/")) if root and each.startswith("/") else each
        if "*" in absolute:
            notes.say(where, f"redirect URI {each}", _PATTERN)
            beginning = absolute.partition("*")[0]
            begun += [beginning] if urlsplit(beginning).netloc else []
        elif ":" not in absolute:
            notes.say(where, f"redirect URI {each}", "It has no host, and nothing says which one is meant.")
        else:
            exact.append(absolute)
    return list(dict.fromkeys(exact)), list(dict.fromkeys(begun))


def put_redirects(service: Document, listed: tuple[list[str], list[str]], where: str, notes: Notes) -> None:
    """Where there are only patterns, what stands before the star keeps the place, and the service is switched off until
    somebody has said the addresses."""
    exact, begun = listed
    service["oidc"]["redirect_uris"] = exact or begun
    if not exact and begun:
        service["status"] = "disabled"
        notes.say(where, "status", "Disabled: say its redirect URIs, then enable it.")
