"""Where the answer to an authorization request stands: in the query, in the fragment, or in a form that is posted
(OAuth 2.0 Multiple Response Types 1.0, 2.1; Form Post Response Mode 1.0), signed where that is asked for (JARM 2.3).
Errors travel as the answer would have."""

from enum import StrEnum
from typing import Final

from idp.federation import ResponseType, response_type
from idp.web.forms import Form

_SIGNED: Final = ".jwt"
BY_TYPE: Final = "jwt"


class ResponseMode(StrEnum):
    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"
    QUERY_JWT = "query.jwt"
    FRAGMENT_JWT = "fragment.jwt"
    FORM_POST_JWT = "form_post.jwt"

    @property
    def carrier(self) -> "ResponseMode":
        return _CARRIERS[self]

    @property
    def is_signed(self) -> bool:
        return self.endswith(_SIGNED)


_CARRIERS: Final = {mode: ResponseMode(mode.removesuffix(_SIGNED)) for mode in ResponseMode}


_FRONT: Final = frozenset({"id_token", "token"})


def response_type_of(form: Form) -> ResponseType | None:
    text = form.get("response_type") or ""
    return ResponseType.CODE if text == ResponseType.CODE else response_type(text)


def mode_of(form: Form) -> ResponseMode:
    """What was asked for where that can carry the answer, or what stands for the response type: a token never goes into
    a query, which servers log and pages pass on, and a form is only posted to the web."""
    front = not _FRONT.isdisjoint((form.get("response_type") or "").split(" "))
    usual = ResponseMode.FRAGMENT if front else ResponseMode.QUERY
    asked = form.get("response_mode")
    if not asked:
        return usual
    signed = asked == BY_TYPE or asked.endswith(_SIGNED)
    carrier = asked.removesuffix(_SIGNED)
    if carrier == ResponseMode.FORM_POST and (form.get("redirect_uri") or "").startswith(("https://", "http://")):
        usual = ResponseMode.FORM_POST
    elif carrier == ResponseMode.FRAGMENT:
        usual = ResponseMode.FRAGMENT
    return ResponseMode(f"{usual}{_SIGNED}") if signed else usual
