"""How a client is told that a session is over: in the person's browser (Front-Channel Logout 1.0), or directly
(Back-Channel Logout 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.federation.oidc_vocabulary import ApplicationType
from idp.federation.redirect_uris import LONGEST, RedirectUris, fault_of
from idp.kit.fields import Fields

NAMES = frozenset(
    {
        "backchannel_logout_session_required",
        "backchannel_logout_uri",
        "frontchannel_logout_session_required",
        "frontchannel_logout_uri",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutChannels:
    """`iss`, `sid` and `sub` are always given, so what a client requires of them is only shown back to it."""

    frontchannel_uri: str | None = None
    frontchannel_session_required: bool = False
    backchannel_uri: str | None = None
    backchannel_session_required: bool = False

    def to_json(self) -> dict[str, Any]:
        """Nothing of a channel that the client does not have."""
        shown: dict[str, Any] = {}
        for name, uri, required in (
            ("frontchannel", self.frontchannel_uri, self.frontchannel_session_required),
            ("backchannel", self.backchannel_uri, self.backchannel_session_required),
        ):
            if uri is not None:
                shown |= {f"{name}_logout_uri": uri, f"{name}_logout_session_required": required}
        return shown

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "LogoutChannels":
        return cls(
            frontchannel_uri=document.get("frontchannel_logout_uri"),
            frontchannel_session_required=document.get("frontchannel_logout_session_required", False),
            backchannel_uri=document.get("backchannel_logout_uri"),
            backchannel_session_required=document.get("backchannel_logout_session_required", False),
        )


def read(fields: Fields, redirects: RedirectUris, *, production: bool) -> LogoutChannels:
    front = _address(fields, "frontchannel_logout_uri", production=production)
    back = _address(fields, "backchannel_logout_uri", production=production)
    if front is not None and fields.clean("frontchannel_logout_uri", "redirect_uris"):
        _judge_origin(fields, front, redirects)
    return LogoutChannels(
        frontchannel_uri=front,
        frontchannel_session_required=_required(fields, "frontchannel"),
        backchannel_uri=back,
        backchannel_session_required=_required(fields, "backchannel"),
    )


def origin_of(uri: str) -> str | None:
    """Scheme, host and port as a browser says them (RFC 6454 6.2); None for what is not on the web."""
    parts = urlsplit(uri)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if parts.port in {None, usual} else f":{parts.port}")


def _address(fields: Fields, name: str, *, production: bool) -> str | None:
    uri = fields.text(name, longest=LONGEST)
    if uri is not None and (fault := fault_of(uri, ApplicationType.WEB, production=production)):
        fields.refuse(name, fault.code, fault.detail, found=uri, expected=fault.expected)
    return uri


def _judge_origin(fields: Fields, uri: str, redirects: RedirectUris) -> None:
    """Front-Channel Logout 1.0, 2: a page of the client itself, not one that it would have others' people load."""
    origins = sorted({origin for each in redirects.registered if (origin := origin_of(each))})
    if origin_of(uri) not in origins:
        detail = "Scheme, host and port must be those of a redirect URI."
        fields.refuse("frontchannel_logout_uri", "inconsistent", detail, found=uri, expected=origins)


def _required(fields: Fields, channel: str) -> bool:
    name = f"{channel}_logout_session_required"
    required = fields.flag(name, default=False)
    if required and fields.given(f"{channel}_logout_uri") is None:
        detail = f"It says what {channel}_logout_uri is called with, which is left out."
        fields.refuse(name, "inconsistent", detail, found=True, expected=False)
    return required
