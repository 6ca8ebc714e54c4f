"""The last second of a contract's last day and the first after it, 31 March and 1 April in Japan: what every protocol
lets through then, whether or not a run has taken place."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.oidc.test_standing import Before, everything_works, refused_everywhere, still_in_order
from tests.support.filling import application
from tests.support.provider import Provider

from idp import contracts, main, schedule
from idp.schedule import Done

LAST_DAY = date(2027, 3, 31)
OVER = datetime(2027, 3, 31, 15, tzinfo=UTC)  # 24:00 of it in Japan
SECOND = timedelta(seconds=1)


def run(provider: Provider) -> Done:
    outcome = schedule.run(provider.units, main.steps(provider.settings))
    assert outcome.failed == ()
    return outcome.done


def not_renewed(provider: Provider) -> None:
    with provider.platform() as unit:
        contracts.ask_non_renewal(unit, provider.contract(), end_date=LAST_DAY)


def stopped(provider: Provider) -> None:
    with provider.platform() as unit:
        contracts.ask_stop(unit, provider.contract(), stop_date=LAST_DAY, reason="closing")


@pytest.mark.parametrize("ask", [not_renewed, stopped])
@pytest.mark.parametrize("first", ["the run", "the people"])
def test_everything_works_in_the_last_second_and_nothing_in_the_next(
    provider: Provider, ask: Callable[[Provider], None], first: str
) -> None:
    ask(provider)
    provider.clock.set(OVER - SECOND)
    run(provider)
    everything_works(Before.of(provider))
    before = Before.of(provider)
    provider.clock.set(OVER)
    if first == "the people":
        refused_everywhere(before, "contract_ended")
    # The neighbour's goes on. A stop leaves no grace: nothing is known of the tenant any more (Art. 9.2).
    assert run(provider) == Done(renewed=1, ended=1, erased=int(ask is stopped))
    if ask is stopped:
        assert [before.ask(worker).status for worker in before.workers()] == [404, 404]
        return
    if first == "the run":
        refused_everywhere(before, "contract_ended")
    assert [before.ask(worker).status for worker in before.workers()] == [403, 403]
    still_in_order(before)


def test_a_contract_that_is_renewed_that_night_is_not_felt_by_anybody(provider: Provider) -> None:
    provider.clock.set(OVER - SECOND)
    run(provider)
    before = Before.of(provider)
    provider.clock.set(OVER)
    assert run(provider) == Done(renewed=2)
    everything_works(before)


def test_a_held_contract_ends_that_night_as_held(provider: Provider) -> None:
    not_renewed(provider)
    provider.suspend()
    provider.clock.set(OVER - SECOND)
    run(provider)
    assert refusal(provider) == "contract_suspended"
    provider.clock.set(OVER)
    assert refusal(provider) == "contract_ended"
    run(provider)
    assert refusal(provider) == "contract_ended"


def test_a_contract_that_continues_it_takes_over_at_midnight_and_nobody_signs_in_again(provider: Provider) -> None:
    not_renewed(provider)
    with provider.platform() as unit:
        filed = replace_start(application("aoba", continues=provider.contract()))
        following = contracts.apply(unit, filed)
        contracts.screen(unit, following.id)
        contracts.approve(unit, following.id)
        contracts.complete_setup(unit, following.id)
    provider.clock.set(OVER - SECOND)
    run(provider)
    before = Before.of(provider)
    provider.clock.set(OVER)
    assert run(provider) == Done(renewed=1, ended=1)
    everything_works(before)
    still_in_order(before)
    with provider.platform() as unit:
        assert contracts.get(unit, provider.contract()).status == "ended"
        assert contracts.get(unit, following.id).status == "active"


def replace_start(filed: contracts.Application) -> contracts.Application:
    return filed._replace(start_date=LAST_DAY + timedelta(days=1))


def refusal(provider: Provider) -> str:
    answer = provider.party("web").credentials()
    assert answer.status == 400
    told: str = answer.json()["error_description"]
    return told
