"""Keys of a service: those by which it signs, several while it changes them, and those that it reads with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from idp import signing
from idp.kit.fields import Fields
from idp.signing import BadKey, Certificate

_MOST = 20


class KeyUse(StrEnum):
    SIGNING = "signing"
    ENCRYPTION = "encryption"
    BOTH = "both"


class RegisteredKey(NamedTuple):
    """`text` is base64 without armour or line breaks."""

    text: str
    use: KeyUse


@dataclass(frozen=True, kw_only=True)
class ServiceKeys:
    registered: tuple[RegisteredKey, ...] = ()

    @cached_property
    def signing(self) -> tuple[Certificate, ...]:
        """Parsed the first time and kept with the service."""
        return tuple(self._for(KeyUse.SIGNING))

    @cached_property
    def encrypting(self) -> tuple[Certificate, ...]:
        return tuple(self._for(KeyUse.ENCRYPTION))

    @cached_property
    def encryption(self) -> Certificate | None:
        """The first that can be encrypted to: one that is being changed has its newest key in front."""
        return next((each for each in self._for(KeyUse.ENCRYPTION) if each.is_rsa), None)

    def to_json(self) -> dict[str, Any]:
        return {"certificates": [{"certificate": key.text, "use": key.use.value} for key in self.registered]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ServiceKeys":
        listed: Sequence[Mapping[str, str]] = document.get("certificates", [])
        return cls(registered=tuple(RegisteredKey(each["certificate"], KeyUse(each["use"])) for each in listed))

    def _for(self, use: KeyUse) -> Iterator[Certificate]:
        return (signing.read_certificate(key.text) for key in self.registered if key.use in {use, KeyUse.BOTH})


NO_KEYS = ServiceKeys()


def read(fields: Fields) -> ServiceKeys:
    """`certificates`: texts, or objects that name a use (metadata 2.4.1.1: without one a key is for both)."""
    value = fields.given("certificates")
    if value is None:
        return NO_KEYS
    if not isinstance(value, list) or len(value) > _MOST:
        detail = f"certificates is an array of at most {_MOST} certificates."
        fields.refuse("certificates", "invalid_type", detail, found=value, expected="array")
        return NO_KEYS
    found = [_read_one(fields, index, item) for index, item in enumerate(value)]
    return ServiceKeys(registered=tuple(dict.fromkeys(key for key in found if key)))


def _read_one(fields: Fields, index: int, item: object) -> RegisteredKey | None:
    path = f"certificates/{index}"
    members = item if isinstance(item, Mapping) else {"certificate": item}
    inner = Fields(members, at=f"{fields.at}/{path}", errors=fields.errors)
    inner.only({"certificate", "use"})
    text, use = inner.given("certificate"), inner.choice("use", KeyUse, frozenset(), default=KeyUse.BOTH)
    if not isinstance(text, str):
        fields.refuse(path, "invalid_type", "A certificate is a string, or an object with one.", expected="string")
        return None
    try:
        return RegisteredKey(signing.read_certificate(text).text, use)
    except BadKey as bad:
        fields.refuse(path, bad.code, str(bad), found=text, expected="X.509 in base64, RSA of 2048 bits or P-256")
        return None
