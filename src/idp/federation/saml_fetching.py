"""Metadata fetched from where a service, or whoever registers it, publishes them; never within a unit.

Up to 10 MB within 10 seconds, by the one way out. Redirects are followed on the same host alone, and three at most:
whoever can redirect us elsewhere is not whoever was named.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin

from idp.federation.saml_source import MetadataSource, QueryBy
from idp.kit.egress import Answer, Egress, Unreachable, read_target
from idp.kit.errors import FieldError, Invalid

LARGEST = 10 * 1024 * 1024
_PATIENCE = 10.0  # seconds, for each question
_HOPS = 3
_LONGEST_FIELD = 300
_MOVED = frozenset({301, 302, 303, 307, 308})
_ACCEPT = {"Accept": "application/samlmetadata+xml"}


class FetchedText(str):
    """Metadata as we have fetched them: a collection of thousands may be read then. Nobody can send one of these."""

    __slots__ = ()


class Fetched(NamedTuple):
    """`text` is None where it has not changed (RFC 9110 15.4.5)."""

    text: FetchedText | None
    etag: str | None
    modified: str | None


def fetch(
    egress: Egress, url: str, *, tenant: str, etag: str | None = None, modified: str | None = None
) -> Fetched | None:
    """None where there is nothing to be had, whatever was the matter: nobody learns from us what stands where."""
    known = {"If-None-Match": etag, "If-Modified-Since": None if etag else modified}
    headers = {**_ACCEPT, **{name: value for name, value in known.items() if value}}
    try:
        answer = _followed(egress, url, headers, tenant=tenant)
    except Unreachable:
        return None
    if answer.status == 304 and (etag or modified):
        return Fetched(None, etag, modified)
    try:
        text = answer.body.decode() if answer.status == 200 else ""
    except UnicodeDecodeError:
        text = ""
    return Fetched(FetchedText(text), _kept(answer.etag), _kept(answer.modified)) if text else None


def _kept(field: str) -> str | None:
    """To be sent back, if it is one that we would send."""
    return field if 0 < len(field) <= _LONGEST_FIELD and field.isascii() and field.isprintable() else None


def points_elsewhere(document: Mapping[str, Any]) -> bool:
    """Whether `with_fetched` would fetch something."""
    said = document.get("saml")
    if not isinstance(said, Mapping) or not said.keys().isdisjoint({"acs", "metadata_xml"}):
        return False
    return _address(said)[1] is not None


def with_fetched(egress: Egress, document: Mapping[str, Any], *, tenant: str) -> dict[str, Any]:
    """The document of a service, with what stands at its `metadata_url`, or at its `mdq_url` for its name, as if it had
    been brought along; as it is where it says everything itself. Raises `Invalid`. Blocks; never within a unit."""
    if not points_elsewhere(document):
        return dict(document)
    said = document["saml"]
    member, url = _address(said)
    assert url is not None
    fetched = fetch(egress, url, tenant=tenant)
    if fetched is None:
        fault = FieldError(f"/saml/{member}", "unreachable", "There is no metadata at this address.", url)
        raise Invalid("invalid", "Some fields are wrong.", errors=[fault])
    return {**document, "saml": {**said, "metadata_xml": fetched.text}}


def _address(said: Mapping[str, Any]) -> tuple[str, str | None]:
    url, mdq, name = said.get("metadata_url"), said.get("mdq_url"), said.get("entity_id")
    if isinstance(url, str):
        return "metadata_url", url
    if not isinstance(mdq, str) or not isinstance(name, str):
        return "mdq_url", None
    by = QueryBy.SHA1 if said.get("mdq_by") == QueryBy.SHA1 else QueryBy.ENTITY_ID
    return "mdq_url", MetadataSource(mdq=mdq, mdq_by=by).address(name)


def _followed(egress: Egress, url: str, headers: Mapping[str, str], *, tenant: str) -> Answer:
    """Raises `Unreachable`."""
    answer = egress.fetch(url, tenant=tenant, headers=headers, largest=LARGEST, patience=_PATIENCE)
    for _ in range(_HOPS):
        if answer.status not in _MOVED or not answer.location:
            break
        onward = urljoin(url, answer.location)
        if not _is_same_host(url, onward):
            break
        url = onward
        answer = egress.fetch(url, tenant=tenant, headers=headers, largest=LARGEST, patience=_PATIENCE)
    return answer


def _is_same_host(one: str, other: str) -> bool:
    try:
        here, there = read_target(one), read_target(other)
    except ValueError:
        return False
    return (here.scheme, here.authority) == (there.scheme, there.authority)
