"""Addresses of ours, which no client may have: an answer that is sent there is read by us, or by whoever finds a page
of ours that passes it on."""

from collections.abc import Mapping

from idp.kit.errors import FieldError, Invalid

_NAMES = ("redirect_uris", "post_logout_redirect_uris")


def refuse_own(metadata: object, issuer: str, *, at: str) -> None:
    """What a registration sends, before it is judged; `at` is the pointer to it. Raises `Invalid`."""
    if not isinstance(metadata, Mapping):
        return
    faults = [
        _fault(f"{at}/{name}/{place}", uri)
        for name in _NAMES
        if isinstance(sent := metadata.get(name), list)
        for place, uri in enumerate(sent)
        if isinstance(uri, str) and _is_below(uri, issuer)
    ]
    if faults:
        raise Invalid("invalid", "Some fields are wrong.", errors=faults)


def _is_below(uri: str, issuer: str) -> bool:
    address = uri.lower()  # the host in any case; a tenant's name has small letters alone
    return address == issuer or address.startswith((f"{issuer}/", f"{issuer}?"))


def _fault(pointer: str, uri: str) -> FieldError:
    detail = "It is an address of this issuer, not of the client."
    return FieldError(pointer, "not_allowed", detail, uri, "an address of the client's own")
