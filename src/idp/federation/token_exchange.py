"""For which APIs a client may exchange a token that it was shown (RFC 8693): its tenant's decision, never its own."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from idp.federation.oidc_vocabulary import AuthMethod, Grant
from idp.kit.fields import Fields

NAMES = frozenset({"token_exchange_targets"})
_NAME = "token_exchange_targets"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRules:
    """`targets` are resources of other services (RFC 8707); the tokens that the client gets are for these alone."""

    targets: frozenset[str] = frozenset()

    def admits(self, resources: Set[str]) -> bool:
        return resources <= self.targets

    def to_json(self) -> dict[str, Any]:
        return {_NAME: sorted(self.targets)} if self.targets else {}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ExchangeRules":
        """Of a whole client; one that was registered before there was such a grant has none."""
        return cls(targets=frozenset(document.get(_NAME, ())))


NO_EXCHANGE = ExchangeRules()


def read(fields: Fields, targets: frozenset[str], grants: frozenset[Grant], method: AuthMethod) -> ExchangeRules:
    """`targets` as the fields have them, each an absolute URI."""
    if Grant.TOKEN_EXCHANGE in grants:
        if method is AuthMethod.NONE:  # RFC 8693 5: whoever finds a token could exchange it
            detail = "Token exchange needs a client that authenticates."
            fields.refuse("token_endpoint_auth_method", "inconsistent", detail, found="none")
        if not targets and fields.clean(_NAME):
            fields.refuse(_NAME, "required", "Token exchange needs the resources that it may be for.", expected="array")
    elif targets:
        detail = f"{_NAME} is for clients of the grant of token exchange."
        fields.refuse(_NAME, "inconsistent", detail, expected={"grant_types": [Grant.TOKEN_EXCHANGE.value]})
    return ExchangeRules(targets=targets)
