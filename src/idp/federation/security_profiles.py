"""What each security profile demands and allows: rule sets that contradict each other in places, one line each.

Whoever checks a request asks this table and never for the name of a profile.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from idp.federation.oidc_vocabulary import AssertionAlg, AuthMethod, SecurityProfile


class AssertionAudience(StrEnum):
    """For whom a client's assertion may be made out, always as one string."""

    ISSUER = "issuer"
    ISSUER_OR_TOKEN_ENDPOINT = "issuer_or_token_endpoint"  # noqa: S105 - Core 9, as libraries of its time do it


class Rules(NamedTuple):
    """`sender_constrained`: tokens are given to proven holders of a key alone. `whole_request_objects`: they say by
    whom they are, for whom, and until when, and stand for the whole request (RFC 9101 4, 6.3); older libraries sign the
    parameters alone, or some of them (Core 6.1)."""

    pkce_always: bool
    assertion_audience: AssertionAudience
    assertion_algs: frozenset[AssertionAlg]
    auth_methods: frozenset[AuthMethod]
    sender_constrained: bool
    whole_request_objects: bool


_EVERY_METHOD = frozenset(AuthMethod)
_EVERY_ALG = frozenset(AssertionAlg)

RULES: Mapping[SecurityProfile, Rules] = {
    SecurityProfile.MODERN: Rules(True, AssertionAudience.ISSUER, _EVERY_ALG, _EVERY_METHOD, False, True),
    SecurityProfile.OIDC: Rules(
        False, AssertionAudience.ISSUER_OR_TOKEN_ENDPOINT, _EVERY_ALG, _EVERY_METHOD, False, False
    ),
}
