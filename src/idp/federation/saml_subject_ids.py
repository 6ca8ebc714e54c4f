"""Names of persons as attributes (SAML V2.0 Subject Identifier Attributes Profile 1.0), for services that need them.

Both are of one unique part and the tenant's scope, lower case throughout, because services compare them without regard
to case (2.1). `pairwise-id` is for one service alone, made like the persistent name that it knows the person by;
`subject-id` is one and the same everywhere, so it is told only where it is asked for by that name.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from idp.kit.fields import Fields

NAMES = frozenset({"subject_id"})
PAIRWISE_ID = "urn:oasis:names:tc:SAML:attribute:pairwise-id"
SUBJECT_ID = "urn:oasis:names:tc:SAML:attribute:subject-id"
RESERVED = frozenset({PAIRWISE_ID, SUBJECT_ID})
REQUIREMENT = "urn:oasis:names:tc:SAML:profiles:subject-id:req"


class SubjectId(StrEnum):
    """What a service says that it needs (2.5); `any` is answered by the one that tells less."""

    NONE = "none"
    PAIRWISE = "pairwise-id"
    SUBJECT = "subject-id"
    ANY = "any"

    @property
    def is_pairwise(self) -> bool:
        return self in {SubjectId.PAIRWISE, SubjectId.ANY}


def read(fields: Fields, said: Fields) -> SubjectId:
    """`said` by its metadata, unless the registration says otherwise: what is told is for the tenant to decide."""
    wished = said.choice("subject_id", SubjectId, frozenset(), default=SubjectId.NONE)
    return wished if said is fields else fields.choice("subject_id", SubjectId, frozenset(), default=wished)


def from_json(document: Mapping[str, Any]) -> SubjectId:
    """Of a whole service; one that was registered before there were such names is told none."""
    return SubjectId(document.get("subject_id", SubjectId.NONE))


def required(values: Iterable[str]) -> SubjectId | None:
    """Of an entity attribute: a word that is none of ours asks for nothing."""
    known = {each.value: each for each in SubjectId}
    return next((known[each] for each in values if each in known), None)


def scope_of(issuer: str) -> str:
    """The domain for whose names a tenant vouches (Shibboleth Metadata 1.0): below that of the provider."""
    parts = urlsplit(issuer)
    return f"{parts.path.rpartition('/')[2]}.{parts.hostname}".lower()


def pairwise_id(person_name: str, scope: str) -> str:
    return f"{person_name}@{scope}"


def subject_id(user_id: str, scope: str) -> str:
    """2.3: letters, digits, `=` and `-`. An ID is never given to somebody else, so this is not either."""
    return f"{user_id.replace('_', '-')}@{scope}"
