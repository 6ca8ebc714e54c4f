"""What has been proved, what is needed, and the name that an authentication bears for it (`acr`).

Only recorded proofs count: `amr`, `acr` and `auth_time` follow from them and from nothing that a request says.
"""

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple


class Method(StrEnum):
    """RFC 8176: what was proved, recorded when it was proved."""

    PASSWORD = "pwd"  # noqa: S105 - a registered value
    OTP = "otp"

    @property
    def first(self) -> bool:
        """Whether a sign-in can begin with it."""
        return self in _FIRST


_FIRST: Final = frozenset({Method.PASSWORD})
_KNOWN: Final = frozenset({Method.PASSWORD})
_HELD: Final = frozenset({Method.OTP})


class Acr(StrEnum):
    """Authentication context classes, weakest first. There is no class of the field's own for both: the names of SAML
    are of methods, those of REFEDS of a federation, and ISO/IEC 29115 rates what a software alone cannot vouch for."""

    ONE_FACTOR = "urn:warifu:acr:1fa"
    TWO_FACTORS = "urn:warifu:acr:mfa"

    def holds(self, reached: "Acr") -> bool:
        """Whether somebody who reached `reached` may be told to be of this class."""
        return _RANKS[self] <= _RANKS[reached]


_RANKS: Final = {acr: rank for rank, acr in enumerate(Acr)}


class Proof(NamedTuple):
    """`at_us` is the instant of the proof."""

    method: Method
    at_us: int


class Evidence(NamedTuple):
    """What one person has proved. `generation` is theirs of then: whatever moved it since (a new password, a removed
    factor, a disabled ID) has made the proofs worthless. `session_id` names the session that they were read from,
    empty for a sign-in that is under way."""

    user_id: str
    generation: int
    proofs: tuple[Proof, ...]
    session_id: str = ""

    @property
    def methods(self) -> tuple[Method, ...]:
        return tuple(dict.fromkeys(proof.method for proof in self.proofs))

    @property
    def authenticated_at(self) -> int:
        """`auth_time`: of the proof that it began with. A further factor does not make it younger."""
        return max(proof.at_us for proof in self.proofs if proof.method.first)

    def further(self, method: Method, at_us: int) -> "Evidence":
        return self._replace(proofs=(*self.proofs, Proof(method, at_us)))

    def to_text(self) -> str:
        return json.dumps([self.user_id, self.generation, self.proofs, self.session_id])


def evidence_from(text: str) -> Evidence | None:
    """None where nothing was proved yet."""
    if not text:
        return None
    user_id, generation, proofs, session_id = json.loads(text)
    return Evidence(user_id, generation, tuple(Proof(Method(name), at) for name, at in proofs), session_id)


class Needs(NamedTuple):
    """What a request wants of a sign-in, as its own door has found: to begin `anew` whatever session there is, a
    `second` factor without which it ends, or one that is only `wished` for."""

    anew: bool = False
    second: bool = False
    wished: bool = False

    def to_text(self) -> str:
        return " ".join(name for name in self._fields if getattr(self, name))


def needs_from(text: str) -> Needs:
    return Needs(**dict.fromkeys(text.split(), True))


def reached(methods: Iterable[str]) -> Acr:
    """Two of one kind are not two factors (RFC 8176 2, `mfa`)."""
    return _reached(tuple(methods))


@lru_cache(256)
def _reached(methods: tuple[str, ...]) -> Acr:
    kinds = {kind for method in methods for kind in (_KNOWN, _HELD) if method in kind}
    return Acr.TWO_FACTORS if len(kinds) > 1 else Acr.ONE_FACTOR


def acr_of(methods: Iterable[str], asked: Sequence[str] = ()) -> Acr:
    """The first class of those `asked` for that was reached; none of them, or none asked: what was reached."""
    found = reached(methods)
    if not asked:
        return found
    return next((acr for acr in known(asked) if acr.holds(found)), found)


def known(asked: Iterable[str]) -> tuple[Acr, ...]:
    """Those that there are, in the order of the wish."""
    return tuple(Acr(value) for value in asked if value in _RANKS)
