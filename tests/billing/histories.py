"""Random pasts of contracts, and what a month costs counted the slow way: hour by hour through every day.

The count shares nothing with the product but the names of states and plans. Time is whole quarters of a day, so that
looking at each of them misses nothing, and several events may fall on the same one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from random import Random

from idp.contracts import Agreed, ContractId, LegalForm, Past, Product, Status, Step
from idp.plans import AddOn, Basis, Plan, PlanId

TICK_HOURS = 6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(2025, 12, 31, 15, tzinfo=UTC)  # 1 January 2026 in Japan
TICKS = 4 * 460
_FIRST_US = (FIRST - EPOCH) // timedelta(microseconds=1)
RATES = ("0.10", "0.08", "0.0625", "0.00", "0.1234")


@dataclass(frozen=True)
class Case:
    """A tenant's contracts with their plans, and how many IDs existed from which tick on."""

    pasts: list[tuple[Past, Plan]]
    counts: list[tuple[int, int]]


def us(tick: int) -> int:
    return _FIRST_US + tick * TICK_HOURS * 3_600_000_000


def random_case(random: Random) -> Case:
    """At most three contracts: one, one and its continuation, one and an add-on."""
    pasts = [_past(random, number) for number in range(random.choice((1, 1, 1, 2, 3)))]
    tick, counts = random.randrange(-200, 400), []
    for _ in range(random.randrange(12)):
        counts.append((tick, random.choice((0, 1, 5, random.randrange(2000)))))
        tick += random.choice((1, 3, random.randrange(1, 300)))
    return Case([(past, _plan(random, past.product)) for past in pasts], counts)


def _past(random: Random, number: int) -> Past:
    established = random.randrange(-100, TICKS - 200)
    starts = established + random.choice((-3, 0, 0, 1, random.randrange(300)))
    applied = established - random.randrange(1, 80)
    steps = [Step(us(applied), Status.APPLIED), Step(us(established), Status.ACTIVE)]
    tick, status = established, Status.ACTIVE
    for _ in range(random.choice((0, 1, 2, 3, 6, 12))):
        tick += random.choice((0, 0, 1, 4, random.randrange(30), random.randrange(300), _to_month(tick)))
        move = random.randrange(12)
        if move == 0:
            steps.append(Step(us(tick), Status.ENDED))
            if random.random() < 0.5:
                steps.append(Step(us(tick + random.choice((0, 4, 124))), Status.ERASED))
            break
        if move > 2:  # else it is renewed, or asked something, in the state that it has
            status = Status.SUSPENDED if status is Status.ACTIVE else Status.ACTIVE
        steps.append(Step(us(tick), status))
    product = Product.ID_PLUS if number == 0 else random.choice(list(Product))
    agreed = [Agreed(0, random.randrange(1, 1000))]
    at = starts
    for _ in range(random.choice((0, 0, 1, 3))):
        at += random.choice((0, 1, 120, random.randrange(500)))
        agreed.append(Agreed(us(at), random.randrange(1, 1000)))
    return Past(
        contract=ContractId(f"con_{number}"),
        product=product,
        plan="p",
        partner=None,
        legal_form=LegalForm.CORPORATION,
        legal_name="n",
        starts_us=us(starts),
        steps=tuple(steps),
        ids=tuple(agreed),
    )


def _to_month(tick: int) -> int:
    """Ticks to the beginning of the next month in Japan."""
    day = FIRST + timedelta(hours=9 + TICK_HOURS * tick)
    following = datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC)
    return (following - day) // timedelta(hours=TICK_HOURS)


def _plan(random: Random, product: Product) -> Plan:
    rate = Decimal(random.choice(RATES))
    extras = tuple(
        AddOn(f"a{number}", random.randrange(3000), random.random() < 0.5, Decimal(random.choice((*RATES, str(rate)))))
        for number in range(random.choice((0, 0, 1, 3)))
    )
    price = random.choice((0, 1, 300, random.randrange(10_000)))
    return Plan(PlanId("pln"), "p", product, price, random.choice(list(Basis)), rate, extras, 0)


@cache
def ticks_of(year: int, month: int) -> list[int]:
    """Those of each day of that month in Japan."""
    days = {tick: FIRST + timedelta(hours=9 + TICK_HOURS * tick) for tick in range(-4 * 60, TICKS + 4 * 60)}
    return [tick for tick, day in days.items() if (day.year, day.month) == (year, month)]


def states_at(past: Past, tick: int) -> list[Status]:
    """The one that it is in, or those that it passed through at this very moment."""
    entered = [step.status for step in past.steps if step.at_us == us(tick)]
    before = [step.status for step in past.steps if step.at_us < us(tick)]
    return entered or before[-1:]


def counted_slowly(case: Case, year: int, month: int) -> tuple[list[tuple[int, int, int]], dict[Fraction, int]]:
    """Price, quantity and amount of each line; the tax of each rate."""
    ticks = ticks_of(year, month)
    peak = max(existing_at(case.counts, tick) for tick in ticks)
    lines: list[tuple[int, int, int]] = []
    bases: dict[Fraction, int] = {}
    for past, plan in case.pasts:
        begun = [tick for tick in ticks if us(tick) >= past.starts_us]
        active_days = {tick // 4 for tick in begun if Status.ACTIVE in states_at(past, tick)}
        if not active_days:
            continue
        agreed = max(agreed_at(past, tick) for tick in begun)
        quantity = agreed if plan.basis is Basis.CONTRACTED_IDS else peak
        items = [(plan.price_per_id, quantity, plan.tax_rate)]
        items += [(each.price, quantity if each.per_id else 1, each.tax_rate) for each in plan.add_ons]
        for price, number, rate in items:
            lines.append((price, number, price * number))
            bases[Fraction(str(rate))] = bases.get(Fraction(str(rate)), 0) + price * number
    taxes = {rate: (base * rate).__floor__() for rate, base in bases.items()}
    return lines, taxes


def agreed_at(past: Past, tick: int) -> int:
    """Of several numbers agreed for one instant the last stands."""
    return [each.ids for each in past.ids if each.at_us <= us(tick)][-1]


def existing_at(counts: list[tuple[int, int]], tick: int) -> int:
    return next((number for at, number in reversed(counts) if at <= tick), 0)
