"""Whether a contract is charged for a month, and for how many IDs.

Days and months are those of Japan, for a statement is of a Japanese month and has to be right when that month has ended
there: a contract that keeps its dates in another zone is read at the instants at which they begin and end. A day counts
if the contract was active at any instant of it and its term had begun; one such day and the month is charged in full,
whether the contract began, was held or ended in it (no proration: Art. 7.3). So a month is not charged that was
suspended from its first instant to its last, and none in which the contract was suspended until it ended.
"""

from collections.abc import Iterator

from idp.billing.months import Span
from idp.contracts import Past, Status

_FOR_EVER = 2**63


def is_charged(past: Past, month: Span) -> bool:
    return any(_touches(stretch, month) for stretch in _active(past))


def contracted_ids(past: Past, month: Span) -> int:
    """The highest number in force at any instant of the month in which the term had begun: what is agreed in the middle
    of a month is not counted by its days either."""
    first_us = max(month.from_us, past.starts_us)
    untils = [*(agreed.at_us for agreed in past.ids[1:]), _FOR_EVER]
    return max(
        agreed.ids
        for agreed, until_us in zip(past.ids, untils, strict=True)
        if agreed.at_us < month.until_us and until_us > max(first_us, agreed.at_us)
    )


def _active(past: Past) -> Iterator[Span]:
    """Stretches in which the contract was active and its term had begun."""
    ends = [*(step.at_us for step in past.steps[1:]), None]
    for step, end_us in zip(past.steps, ends, strict=True):
        if step.status is not Status.ACTIVE:
            continue
        end = _FOR_EVER if end_us is None else end_us
        # a stretch that ended where it began was still there at that instant
        if past.starts_us <= step.at_us or past.starts_us < end:
            yield Span(max(step.at_us, past.starts_us), end)


def _touches(stretch: Span, month: Span) -> bool:
    if stretch.from_us >= month.from_us:
        return stretch.from_us < month.until_us
    return stretch.until_us > month.from_us
