"""Addresses of a service: where assertions may be sent (SAML metadata 2.4.4), and where it is told of a logout.

They are judged when they are registered and compared character by character when they are used; there are no patterns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from idp.federation.oidc_vocabulary import ApplicationType
from idp.federation.redirect_uris import LONGEST, fault_of
from idp.federation.saml_vocabulary import Binding, chosen
from idp.kit.fields import Fields

_MOST = 50
_HIGHEST_INDEX = 65_535  # xs:unsignedShort
_CONSUMING = (Binding.POST, Binding.ARTIFACT, Binding.PAOS)
_LOGGING_OUT = (Binding.REDIRECT, Binding.POST, Binding.SOAP)


@dataclass(frozen=True, slots=True)
class Consumer:
    """An assertion consumer service; `default` is None where its metadata says neither (metadata 2.2.3)."""

    url: str
    binding: Binding
    index: int
    default: bool | None

    def to_json(self) -> dict[str, Any]:
        shown = {"url": self.url, "binding": self.binding.value, "index": self.index}
        return shown if self.default is None else {**shown, "default": self.default}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Consumer":
        return cls(document["url"], Binding(document["binding"]), document["index"], document.get("default"))


class LogoutAddress(NamedTuple):
    """`response_url`: where answers go, if not to `url` (metadata 2.2.2)."""

    url: str
    binding: Binding
    response_url: str | None = None

    @property
    def for_answers(self) -> str:
        return self.response_url or self.url

    def to_json(self) -> dict[str, Any]:
        shown = {"url": self.url, "binding": self.binding.value}
        return shown if self.response_url is None else {**shown, "response_url": self.response_url}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "LogoutAddress":
        return cls(document["url"], Binding(document["binding"]), document.get("response_url"))


def default_of(consumers: Sequence[Consumer]) -> Consumer:
    """Metadata 2.2.3: the first that says so, or the first that does not say no, or the first."""
    for wanted in (True, None):
        for each in consumers:
            if each.default is wanted:
                return each
    return consumers[0]


def read_consumers(fields: Fields, *, production: bool) -> tuple[Consumer, ...]:
    """At least one, and an answer can be sent to it. An index that is left out is its place."""
    listed = fields.objects("acs", most=_MOST) or {}
    found = [_consumer(inner, index, production=production) for index, inner in listed.items()]
    if not found and fields.clean("acs"):
        fields.refuse("acs", "required", "A service needs an address that assertions are sent to.")
    if len({each.index for each in found}) != len(found):
        fields.refuse("acs", "inconsistent", "Two addresses have the same index.", found=[each.index for each in found])
    if found and all(each.binding is Binding.PAOS for each in found):
        fields.refuse("acs", "inconsistent", "No address takes an assertion from a browser.", expected="HTTP-POST")
    return tuple(found)


def _consumer(fields: Fields, place: int, *, production: bool) -> Consumer:
    fields.only({"url", "binding", "index", "default"})
    given = fields.given("default")
    return Consumer(
        _address(fields, "url", needed=True, production=production) or "",
        chosen(fields, "binding", _CONSUMING, default=Binding.POST),
        fields.number("index", default=place, lowest=0, highest=_HIGHEST_INDEX),
        None if given is None else fields.flag("default", default=False),
    )


def read_logouts(fields: Fields, *, production: bool) -> tuple[LogoutAddress, ...]:
    found = []
    for inner in (fields.objects("slo", most=_MOST) or {}).values():
        inner.only({"url", "binding", "response_url"})
        found.append(
            LogoutAddress(
                _address(inner, "url", needed=True, production=production) or "",
                chosen(inner, "binding", _LOGGING_OUT, default=Binding.REDIRECT),
                _address(inner, "response_url", needed=False, production=production),
            )
        )
    return tuple(found)


def _address(fields: Fields, name: str, *, needed: bool, production: bool) -> str | None:
    if needed:
        fields.required(name)
    uri = fields.text(name, longest=LONGEST)
    if uri is not None and (fault := fault_of(uri, ApplicationType.WEB, production=production)):
        fields.refuse(name, fault.code, fault.detail, found=uri, expected=fault.expected)
    return uri
