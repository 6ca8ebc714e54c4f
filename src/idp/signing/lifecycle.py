"""How long a key takes through its life, and why.

next ──► active ──► retiring ──► gone        revoked: from any of them, at once

What is published signs for nobody before everybody had the time to fetch it, and stays for as long as anything that it
signed is worth checking. All instants are microseconds since the epoch.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from idp.kit.clock import SECOND
from idp.signing.keys import Alg, Status, Use
from idp.signing.store import StoredKey
from idp.signing.switching import STEP_BACK

_HOUR = 3600 * SECOND

# The answer says five minutes; whoever keeps keys for a day regardless is met, too.
PUBLISHED_BEFORE = 24 * _HOUR
SKEW = 300 * SECOND
# None: for good. A certificate has no end, and an ID token that has expired still says, as a hint, whose session is
# meant (RP-Initiated Logout 1.0, 4): a session lives for a day.
STAYS: Mapping[Use, int | None] = {
    Use.ACCESS_TOKEN: _HOUR,
    Use.ID_TOKEN: 24 * _HOUR,
    Use.REQUEST_OBJECT: 24 * _HOUR,  # whoever keeps our keys for a day still encrypts to it
    Use.CERTIFICATE: None,
    Use.SAML: STEP_BACK,  # and for as long as a service waits for its own day (`switching.kept_until`)
}


class Pair(NamedTuple):
    """The keys of one use and algorithm that sign, or will; a tenant that was never asked for it has neither."""

    use: Use
    alg: Alg
    active: StoredKey | None
    next: StoredKey | None


def pairs(keys: Iterable[StoredKey]) -> list[Pair]:
    """All uses and algorithms that are alive."""

    def kind(key: StoredKey) -> tuple[str, str]:
        return key.use, key.alg

    living = [key for key in keys if key.status in {Status.ACTIVE, Status.NEXT}]
    found = []
    for (use, alg), group in groupby(sorted(living, key=kind), key=kind):
        by_status = {key.status: key for key in group}
        found.append(Pair(Use(use), Alg(alg), by_status.get(Status.ACTIVE), by_status.get(Status.NEXT)))
    return found


def signs_from(key: StoredKey) -> int:
    """When a next key has been published for long enough."""
    return key.created_at + PUBLISHED_BEFORE


def published_until(use: Use, retired_at: int) -> int | None:
    stays = STAYS[use]
    return None if stays is None else retired_at + stays + SKEW
