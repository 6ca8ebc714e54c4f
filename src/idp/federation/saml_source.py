"""Where a service publishes its metadata, and who must have signed it for us to believe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import signing
from idp.federation.redirect_uris import LONGEST, web_page_fault
from idp.kit.egress import Answer, Egress, Unreachable, read_target
from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import Fields
from idp.signing import BadKey, Certificate

NAMES = frozenset({"metadata_signer", "metadata_url"})
LARGEST = 1024 * 1024
_PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSource:
    """`signer` is a certificate in base64: what its key has not signed changes nothing."""

    url: str | None = None
    signer: str | None = None

    @property
    def pinned(self) -> tuple[Certificate, ...]:
        return () if self.signer is None else (signing.read_certificate(self.signer),)

    def to_json(self) -> dict[str, Any]:
        shown = {"metadata_url": self.url, "metadata_signer": self.signer}
        return {name: value for name, value in shown.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "MetadataSource":
        return cls(url=document.get("metadata_url"), signer=document.get("metadata_signer"))


NOWHERE = MetadataSource()


def read(fields: Fields, *, production: bool) -> MetadataSource:
    return MetadataSource(url=_url(fields, production=production), signer=_signer(fields))


def with_fetched(egress: Egress, document: Mapping[str, Any], *, tenant: str) -> dict[str, Any]:
    """The document of a service, with what stands at its `metadata_url` as if it had been brought along; as it is where
    it says everything itself. Raises `Invalid`. Blocks; never within a unit."""
    said = document.get("saml")
    url = said.get("metadata_url") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(url, str) or not said.keys().isdisjoint({"acs", "metadata_xml"}):
        return dict(document)
    try:
        answer = egress.fetch(url, tenant=tenant, largest=LARGEST, patience=_PATIENCE)
    except Unreachable as failure:
        raise _unreachable(url) from failure
    return {**document, "saml": {**said, "metadata_xml": _text(url, answer)}}


def _text(url: str, answer: Answer) -> str:
    try:
        text = answer.body.decode() if answer.status == 200 else ""
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise _unreachable(url)
    return text


def _unreachable(url: str) -> Invalid:
    """The same whatever was the matter: nobody learns from us what stands where."""
    fault = FieldError("/saml/metadata_url", "unreachable", "There is no metadata at this address.", url)
    return Invalid("invalid", "Some fields are wrong.", errors=[fault])


def _url(fields: Fields, *, production: bool) -> str | None:
    url = fields.text("metadata_url", longest=LONGEST)
    if url is None:
        return None
    if fault := web_page_fault(url, production=production):
        fields.refuse("metadata_url", fault.code, fault.detail, found=url, expected=fault.expected)
        return None
    try:
        read_target(url)
    except ValueError:
        fields.refuse("metadata_url", "invalid_uri", "We would not call this address.", found=url, expected="https")
    return url


def _signer(fields: Fields) -> str | None:
    text = fields.given("metadata_signer")
    if text is None:
        return None
    try:
        return signing.read_certificate(text if isinstance(text, str) else "").text
    except BadKey as bad:
        fields.refuse("metadata_signer", bad.code, str(bad), expected="X.509 in base64")
        return None
