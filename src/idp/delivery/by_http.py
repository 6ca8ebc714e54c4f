"""What a receiver's server answers, as it counts for a delivery: it was told, or not now, or never."""

from collections.abc import Mapping

from idp.delivery.model import Claimed, Impossible, PutOff
from idp.kit.egress import Answer, Egress, Reason, Unreachable

_PATIENCE = 10.0  # seconds for all of a call
_NEVER = frozenset({Reason.FORM})
# Of 4xx, those that say "not now" (RFC 9110 15.5, RFC 6585 4, RFC 8470 5.2); any other is a no.
_LATER = frozenset({408, 421, 425, 429})


def call(
    egress: Egress,
    claimed: Claimed,
    uri: str,
    body: bytes,
    *,
    largest: int,
    patience: float,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An answer of any status; `patience` in seconds. Raises `PutOff` and `Impossible`."""
    try:
        return egress.fetch(
            uri,
            tenant=claimed.tenant_id,
            form=body,
            headers=headers,
            largest=largest,
            patience=min(_PATIENCE, patience),
        )
    except Unreachable as failure:
        raise (Impossible if failure.reason in _NEVER else PutOff)(failure.reason.value) from None


def refuse_unaccepted(answer: Answer) -> None:
    """Unless the status says that it was taken. Raises `PutOff` and `Impossible`."""
    if 200 <= answer.status < 300:
        return
    later = answer.status >= 500 or answer.status in _LATER
    raise (PutOff if later else Impossible)(f"http_{answer.status}")
