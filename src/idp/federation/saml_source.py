"""Where the metadata of a service are published, and who must have signed them for us to believe them.

At an address of the service or of a collection, or at a server that is asked for one service by its name (Metadata
Query Protocol, SAML profile). In a collection, and at such a server, somebody else speaks for the service: then it is
the pinned key that is believed, and nothing without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha1
from typing import Any
from urllib.parse import quote

from idp import signing
from idp.federation.redirect_uris import LONGEST, web_page_fault
from idp.kit.egress import read_target
from idp.kit.fields import Fields
from idp.signing import BadKey, Certificate

NAMES = frozenset({"mdq_by", "mdq_url", "metadata_signer", "metadata_url"})


class QueryBy(StrEnum):
    """What the server is asked by."""

    ENTITY_ID = "entity_id"
    SHA1 = "sha1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSource:
    """`signer` is a certificate in base64: what its key has not signed changes nothing. `url` or `mdq`, or neither."""

    url: str | None = None
    signer: str | None = None
    mdq: str | None = None
    mdq_by: QueryBy = QueryBy.ENTITY_ID

    @property
    def pinned(self) -> tuple[Certificate, ...]:
        return () if self.signer is None else (signing.read_certificate(self.signer),)

    def address(self, entity_id: str) -> str | None:
        """Where the metadata of that service are fetched."""
        if self.mdq is None:
            return self.url
        asked = entity_id if self.mdq_by is QueryBy.ENTITY_ID else f"{{sha1}}{_sha1(entity_id)}"
        return f"{self.mdq.rstrip('/')}/entities/{quote(asked, safe='')}"

    def to_json(self) -> dict[str, Any]:
        shown = {"metadata_url": self.url, "metadata_signer": self.signer, "mdq_url": self.mdq}
        by = {} if self.mdq is None else {"mdq_by": self.mdq_by.value}
        return {**{name: value for name, value in shown.items() if value is not None}, **by}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "MetadataSource":
        return cls(
            url=document.get("metadata_url"),
            signer=document.get("metadata_signer"),
            mdq=document.get("mdq_url"),
            mdq_by=QueryBy(document.get("mdq_by", QueryBy.ENTITY_ID)),
        )


NOWHERE = MetadataSource()


def read(fields: Fields, *, production: bool) -> MetadataSource:
    url, mdq = (_url(fields, name, production=production) for name in ("metadata_url", "mdq_url"))
    by = fields.choice("mdq_by", QueryBy, frozenset(), default=QueryBy.ENTITY_ID)
    if url is not None and mdq is not None:
        fields.refuse("mdq_url", "inconsistent", "Either metadata_url or mdq_url says where the metadata are.")
    if mdq is not None:
        fields.required("metadata_signer")
        fields.required("entity_id")
    return MetadataSource(url=url, signer=_signer(fields), mdq=mdq, mdq_by=by)


def _sha1(text: str) -> str:
    """As the protocol has it (SAML profile of MDQ 2.2.2): a name for a name, nothing that is relied on."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


def _url(fields: Fields, name: str, *, production: bool) -> str | None:
    url = fields.text(name, longest=LONGEST)
    if url is None:
        return None
    if fault := web_page_fault(url, production=production):
        fields.refuse(name, fault.code, fault.detail, found=url, expected=fault.expected)
        return None
    try:
        read_target(url)
    except ValueError:
        fields.refuse(name, "invalid_uri", "We would not call this address.", found=url, expected="https")
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
