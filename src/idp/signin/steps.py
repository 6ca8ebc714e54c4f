"""What a sign-in still takes: a pure function of what is proved, what is needed, and what the person has."""

from enum import StrEnum

from idp.kit.clock import SECOND
from idp.sessions import Acr, Evidence, Needs, reached

_FRESH = 10 * 60 * SECOND
"""So long after a password a first second factor may be enrolled: whoever finds an open session cannot (attack U12)."""


class Step(StrEnum):
    PASSWORD = "password"  # noqa: S105 - the name of a step
    CODE = "code"
    ENROLMENT = "enrolment"


def next_step(evidence: Evidence | None, needs: Needs, *, has_factor: bool, began_at: int, now_us: int) -> Step | None:
    """None when nothing is missing. `began_at` is when the request began to wait.

    Who has a second factor is asked for it at each sign-in; a session of before is asked only where more is needed.
    """
    if evidence is None or (needs.anew and evidence.authenticated_at < began_at):
        return Step.PASSWORD
    if reached(evidence.methods) is Acr.TWO_FACTORS:
        return None
    if has_factor:
        signing_in = not evidence.session_id
        return Step.CODE if signing_in or needs.second or needs.wished else None
    if not needs.second:
        return None
    return Step.ENROLMENT if now_us - evidence.authenticated_at <= _FRESH else Step.PASSWORD
