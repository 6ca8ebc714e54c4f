"""Answers that a client wants as JWTs: userinfo (OpenID Connect Core 5.3.2), authorization responses (JARM) and
introspection (RFC 9701)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.federation import oidc_vocabulary as words
from idp.federation.oidc_vocabulary import SigningAlg
from idp.kit.fields import Fields

NAMES = frozenset(
    {"authorization_signed_response_alg", "introspection_signed_response_alg", "userinfo_signed_response_alg"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnswers:
    """Without an algorithm of its own userinfo is JSON; the others are signed where a request asks for that."""

    userinfo: SigningAlg | None = None
    authorization: SigningAlg = SigningAlg.RS256
    introspection: SigningAlg = SigningAlg.RS256

    def to_json(self) -> dict[str, Any]:
        """The defaults of the specifications are not shown back."""
        shown = {} if self.userinfo is None else {"userinfo_signed_response_alg": self.userinfo.value}
        for name in ("authorization", "introspection"):
            alg: SigningAlg = getattr(self, name)
            if alg is not SigningAlg.RS256:
                shown[f"{name}_signed_response_alg"] = alg.value
        return shown

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "SignedAnswers":
        userinfo = document.get("userinfo_signed_response_alg")
        return cls(
            userinfo=SigningAlg(userinfo) if userinfo else None,
            authorization=SigningAlg(document.get("authorization_signed_response_alg", SigningAlg.RS256)),
            introspection=SigningAlg(document.get("introspection_signed_response_alg", SigningAlg.RS256)),
        )


UNSIGNED = SignedAnswers()


def read(fields: Fields) -> SignedAnswers:
    signs_userinfo = fields.given("userinfo_signed_response_alg") is not None
    return SignedAnswers(
        userinfo=_alg(fields, "userinfo_signed_response_alg") if signs_userinfo else None,
        authorization=_alg(fields, "authorization_signed_response_alg"),
        introspection=_alg(fields, "introspection_signed_response_alg"),
    )


def _alg(fields: Fields, name: str) -> SigningAlg:
    return fields.choice(name, SigningAlg, words.UNBUILT_ALGS, default=SigningAlg.RS256)
