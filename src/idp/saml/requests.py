"""What a service asks for (core 3.4.1): read from the bytes that were verified, and kept while a person signs in."""

import json
from enum import StrEnum
from typing import NamedTuple, Protocol

from idp.kit.clock import micros, parse
from idp.saml.errors import BadMessage
from idp.saml.redacting import redacted
from idp.xml import SAML, SAMLP, Element

_LONGEST_ID = 1_024


class Comparison(StrEnum):
    """Core 3.3.2.2.1."""

    EXACT = "exact"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    BETTER = "better"


class Said(Protocol):
    """What every request says (core 3.2.1); `issued_at` in microseconds."""

    @property
    def id(self) -> str | None: ...
    @property
    def sender(self) -> str: ...
    @property
    def issued_at(self) -> int: ...
    @property
    def destination(self) -> str | None: ...
    @property
    def signed(self) -> bool: ...


class Subject(NamedTuple):
    """Core 2.2.3: somebody, by a name that the service was told."""

    name: str
    format: str | None
    name_qualifier: str | None
    sp_name_qualifier: str | None


class AuthnRequest(NamedTuple):
    """As its service has said it; `id` is None where it has said nothing. `sender` is its entity ID, `issued_at` in
    microseconds, `place` the index of an address; `contexts` are classes, None where declarations are asked for;
    `subject`: whom it wants; `names_subject`: it does so in a way that nobody here reads; `providers`: who may
    answer; `xml` is for administrators to see."""

    id: str | None
    sender: str
    issued_at: int
    destination: str | None
    signed: bool
    relay_state: str | None
    url: str | None
    place: int | None
    binding: str | None
    force: bool
    passive: bool
    name_format: str | None
    name_qualifier: str | None
    contexts: tuple[str, ...] | None
    comparison: Comparison
    names_subject: bool
    providers: tuple[str, ...]
    subject: Subject | None = None
    xml: str | None = None

    @property
    def wished_format(self) -> str | None:
        """Of the name that is told: as it is asked for, or as the person is named who is."""
        return self.name_format if self.name_format or self.subject is None else self.subject.format

    def to_text(self) -> str:
        return json.dumps(self)


def from_text(text: str) -> AuthnRequest:
    """What `to_text` has written."""
    read = AuthnRequest(*json.loads(text))
    contexts = None if read.contexts is None else tuple(read.contexts)
    subject = None if read.subject is None else Subject(*read.subject)
    return read._replace(
        contexts=contexts, comparison=Comparison(read.comparison), providers=tuple(read.providers), subject=subject
    )


def read(root: Element, *, sender: str, signed: bool, relay_state: str | None) -> AuthnRequest:
    """Of a message that its schema has judged. Raises `BadMessage`."""
    policy, wanted = root.find(SAMLP("NameIDPolicy")), root.find(SAMLP("RequestedAuthnContext"))
    index = root.get("AssertionConsumerServiceIndex")
    subject = _subject(root)
    return AuthnRequest(
        id=id_of(root),
        sender=sender,
        issued_at=instant_of(root.get("IssueInstant") or ""),
        destination=root.get("Destination"),
        signed=signed,
        relay_state=relay_state,
        url=root.get("AssertionConsumerServiceURL"),
        place=None if index is None else int(index),
        binding=root.get("ProtocolBinding"),
        force=_flag(root, "ForceAuthn"),
        passive=_flag(root, "IsPassive"),
        name_format=None if policy is None else policy.get("Format"),
        name_qualifier=None if policy is None else policy.get("SPNameQualifier"),
        contexts=() if wanted is None else _contexts(wanted),
        comparison=Comparison("exact" if wanted is None else wanted.get("Comparison", "exact")),
        names_subject=subject is None and root.find(SAML("Subject")) is not None,
        providers=tuple(each.get("ProviderID") or "" for each in root.iter(SAMLP("IDPEntry"))),
        subject=subject,
        xml=redacted(root),
    )


def unasked(sender: str, relay_state: str | None, *, now_us: int) -> AuthnRequest:
    """What stands for a request where we begin (profiles 4.1.5)."""
    return AuthnRequest(
        id=None,
        sender=sender,
        issued_at=now_us,
        destination=None,
        signed=False,
        relay_state=relay_state,
        url=None,
        place=None,
        binding=None,
        force=False,
        passive=False,
        name_format=None,
        name_qualifier=None,
        contexts=(),
        comparison=Comparison.EXACT,
        names_subject=False,
        providers=(),
    )


def _subject(root: Element) -> Subject | None:
    """By a plain name, and with nothing said about how it is to be confirmed; what is encrypted is read by nobody."""
    said = root.find(SAML("Subject"))
    if said is None or len(said) != 1 or said[0].tag != SAML("NameID") or not said[0].text:
        return None
    found = said[0]
    return Subject(found.text or "", found.get("Format"), found.get("NameQualifier"), found.get("SPNameQualifier"))


def id_of(root: Element) -> str:
    found = root.get("ID") or ""
    if not 0 < len(found) <= _LONGEST_ID:
        raise BadMessage("id")
    return found


def instant_of(text: str) -> int:
    """Core 1.3.3: it is UTC, whether it says so or not."""
    text = text.strip()
    zoned = text.endswith("Z") or text[-6:-5] in {"+", "-"}
    try:
        return micros(parse(text if zoned else f"{text}Z"))
    except (ValueError, OverflowError):
        raise BadMessage("issue_instant") from None


def _flag(root: Element, name: str) -> bool:
    return root.get(name, "false").strip() in {"true", "1"}


def _contexts(wanted: Element) -> tuple[str, ...] | None:
    found = tuple((each.text or "").strip() for each in wanted.iterfind(SAML("AuthnContextClassRef")))
    return found or None
