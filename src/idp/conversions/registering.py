"""A service as it was converted, judged as `idp apply` will judge it: what could not be registered is taken out of it
member by member, and told."""

from collections.abc import Mapping
from typing import Any

from idp import federation
from idp.conversions.model import Document, Notes
from idp.kit.errors import FieldError, Invalid

_ROUNDS = 20


def registrable(service: Document, where: str, notes: Notes) -> Document | None:
    """None where nothing is left of it."""
    for _ in range(_ROUNDS):
        judged = {name: value for name, value in service.items() if name != "assignments"}
        oidc = judged.get("oidc")
        if isinstance(oidc, Mapping):
            judged["oidc"] = {k: v for k, v in oidc.items() if k not in {"client_id", "client_secret"}}
        try:
            federation.read(judged, production=False)
        except Invalid as invalid:
            if not _without(service, invalid.errors[0], where, notes):
                break
        else:
            return service
    notes.say(where, "all of it", "It could not be registered here.")
    return None


def _without(service: Document, fault: FieldError, where: str, notes: Notes) -> bool:
    """Whether there was something to take out."""
    *path, last = fault.pointer.split("/")[1:]
    at: Any = service
    for part in path:
        at = at[int(part)] if isinstance(at, list) else at.get(part) if isinstance(at, Mapping) else None
    notes.say(where, fault.pointer.removeprefix("/"), fault.detail + (f" ({fault.found})" if fault.found else ""))
    if isinstance(at, list) and last.isdecimal() and int(last) < len(at):
        at.pop(int(last))
        return True
    if isinstance(at, dict) and last in at and last not in {"name", "protocol", "oidc", "saml"}:
        del at[last]
        return True
    return False
