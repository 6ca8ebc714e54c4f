"""Where an answer may be sent: judged strictly when it is registered, compared code point by code point when used.

There are no patterns, no prefixes and no normalisation (RFC 9700 4.1.3). The one exception is that of RFC 8252 7.3: a
native client's URI on a literal loopback address matches on any port, because the system picks it.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from idp.federation.oidc_vocabulary import ApplicationType

LONGEST: Final = 2_048
_HIGHEST_PORT: Final = 65_535

_PARTS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?"
)
_LEGAL: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")  # RFC 3986 2
_ENCODED_CONTROL: Final = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
_DOT_SEGMENT: Final = re.compile(r"(?:^|/)(?:\.|%2[Ee]){1,2}(?:/|$)")
_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LOOPBACK: Final = re.compile(
    r"http://(?P<host>127\.0\.0\.1|\[::1\])(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>(?:[/?].*)?)"
)

LOOPBACK_ADDRESSES: Final = frozenset({"127.0.0.1", "[::1]"})
LOOPBACK_NAMES: Final = LOOPBACK_ADDRESSES | {"localhost"}


class Fault(NamedTuple):
    code: str
    detail: str
    expected: str


_NOT_A_URI: Final = Fault("invalid_uri", "It contains characters that a URI does not have.", "a URI as in RFC 3986")


def fault_of(uri: str, application: ApplicationType, *, production: bool) -> Fault | None:
    """Why this cannot be registered as a redirect URI (of a sign-in or a sign-out), or None."""
    fault = _malformed(uri)
    if fault:
        return fault
    parts = _PARTS.fullmatch(uri)
    assert parts
    scheme, authority = parts["scheme"], parts["authority"]
    if scheme in {"https", "http"}:
        return _host_fault(authority) or _scheme_fault(scheme, authority, application, production=production)
    if application is ApplicationType.NATIVE and "." in scheme:  # RFC 8252 7.1: a domain name in reverse
        return _empty_private_use(parts["authority"], parts["path"])
    # javascript, data, vbscript, file, blob, about, urn …: none has a dot, all end here
    return Fault("scheme_not_allowed", f"The scheme {scheme} is not allowed here.", _expected(application))


def web_page_fault(uri: str, *, production: bool) -> Fault | None:
    """Why this cannot be the address of a page or picture that people are shown, or None. It may have a fragment."""
    page, _, fragment = uri.partition("#")
    if fragment and not _LEGAL.fullmatch(fragment):
        return _NOT_A_URI
    return fault_of(page, ApplicationType.WEB, production=production)


def _malformed(uri: str) -> Fault | None:
    if len(uri) > LONGEST:
        return Fault("invalid_length", f"An address has at most {LONGEST} characters.", f"at most {LONGEST} characters")
    if "#" in uri:  # RFC 6749 3.1.2
        return Fault("fragment_not_allowed", "An address here has no fragment.", "an address without #")
    if "*" in uri:
        return Fault("wildcard_not_allowed", "There are no wildcards: register each address.", "an exact address")
    if not _LEGAL.fullmatch(uri) or _ENCODED_CONTROL.search(uri):
        return _NOT_A_URI
    parts = _PARTS.fullmatch(uri)
    if not parts:
        return Fault("invalid_uri", "It is no absolute URI with its scheme in lower case.", "an absolute URI")
    return _path_fault(parts["path"])


def _path_fault(path: str) -> Fault | None:
    if _DOT_SEGMENT.search(path):  # a browser would go to another path than the one that is written
        return Fault("invalid_uri", "Its path contains . or .. as a segment.", "a path without dot segments")
    return None


def _host_fault(authority: str | None) -> Fault | None:
    if authority is not None and "@" in authority:
        return Fault("userinfo_not_allowed", "It names a user before the host.", "an address without @ before its host")
    parts = _AUTHORITY.fullmatch(authority or "")
    if not parts or int(parts["port"] or 1) > _HIGHEST_PORT or not _is_host(parts["host"]):
        return Fault("invalid_host", "It has no valid host and port.", "a host name or IP address, and a port")
    return None


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_address(host[1:-1])
    labels = host.split(".")
    if labels[-1].isdigit() or labels[-1].lower().startswith("0x"):
        # browsers read such hosts as IPv4 numbers, in forms (0x7f.1, 2130706433) that others do not see
        return _is_address(host)
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _scheme_fault(scheme: str, authority: str, application: ApplicationType, *, production: bool) -> Fault | None:
    if scheme == "https":
        return None
    host = authority if authority.endswith("]") else re.sub(r":[0-9]+$", "", authority)
    if application is ApplicationType.NATIVE and host in LOOPBACK_ADDRESSES:
        return None
    if not production and host in LOOPBACK_NAMES:
        return None
    return Fault("https_required", "http is for loopback addresses only.", _expected(application))


def _empty_private_use(authority: str | None, path: str) -> Fault | None:
    if authority and "@" in authority:
        return Fault("userinfo_not_allowed", "It names a user before the host.", "an address without @")
    if not authority and not path:
        return Fault("invalid_uri", "It is a scheme with nothing behind it.", "com.example.app:/callback")
    return None


def _expected(application: ApplicationType) -> str:
    if application is ApplicationType.WEB:
        return "https://…"
    return "https://…, http://127.0.0.1/…, http://[::1]/… or a scheme such as com.example.app:/…"


@dataclass(frozen=True, slots=True)
class RedirectUris:
    """The registered addresses of one client, ready to be compared with the one that a request names."""

    registered: tuple[str, ...]
    exact: frozenset[str]
    any_port: frozenset[tuple[str, str]]  # of native clients: loopback host, and all behind the port
    private_use: bool  # another app on the device may claim the same scheme (RFC 8252 8.6): PKCE is forced

    @classmethod
    def of(cls, registered: Iterable[str], application: ApplicationType) -> "RedirectUris":
        """Judged again: a javascript: address that came into the database by another way is not used."""
        registered = tuple(registered)
        usable = [uri for uri in registered if fault_of(uri, application, production=False) is None]
        native = application is ApplicationType.NATIVE
        loopback = [found for uri in usable if native and (found := _LOOPBACK.fullmatch(uri))]
        return cls(
            registered,
            frozenset(usable),
            frozenset((found["host"], found["rest"]) for found in loopback),
            any(not uri.startswith(("https:", "http:")) for uri in usable),
        )

    @property
    def first_host(self) -> str:
        """Host and port of the first address that has one; a private-use scheme stands for itself."""
        for uri in self.registered:
            parts = _PARTS.fullmatch(uri)
            if parts and uri in self.exact:
                return parts["authority"] or parts["scheme"]
        return ""

    @property
    def hosts(self) -> frozenset[str]:
        """Of all of them, as `first_host` tells one."""
        found = (_PARTS.fullmatch(uri) for uri in self.registered)
        return frozenset(parts["authority"] or parts["scheme"] for parts in found if parts)

    def admits(self, presented: str) -> bool:
        """False for a client without addresses: there is no trust on first use."""
        if presented in self.exact:
            return True
        if not self.any_port:
            return False
        found = _LOOPBACK.fullmatch(presented)
        if not found or int(found["port"] or 1) > _HIGHEST_PORT:
            return False
        return (found["host"], found["rest"]) in self.any_port
