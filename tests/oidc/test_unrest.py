"""Refusals while the tenant changes under them: each is decided, written down and told once."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from tests.oidc.test_devices import begin, poll, register, switch
from tests.support.provider import Provider

from idp import tenants
from idp.kit.units import Units

pytestmark = pytest.mark.rewired


@contextmanager
def unrest(provider: Provider) -> Iterator[None]:
    """Something of the tenant changes right after each commit, before anything else is done."""
    commit: Callable[..., Awaitable[Any]] = Units.commit

    async def disturbed(units: Units, *asked: Any, **more: Any) -> Any:
        try:
            return await commit(units, *asked, **more)
        finally:
            with provider.open() as unit:
                tenants.touch(unit)

    with patch.object(Units, "commit", disturbed):
        yield


def refusals(provider: Provider) -> int:
    return Counter(provider.events())["access.refused"]


@pytest.mark.parametrize("kind", ["code", "refresh", "own"])
def test_a_refusal_names_its_reason_once_whatever_changes_meanwhile(provider: Provider, kind: str) -> None:
    web, browser = provider.party("web"), provider.browser()
    code, refresh = browser.code(web), web.tokens(browser)["refresh_token"]
    provider.suspend()
    before = refusals(provider)
    with unrest(provider):
        answer = {
            "code": lambda: web.redeem(code),
            "refresh": lambda: web.refresh(refresh),
            "own": web.credentials,
        }[kind]()
    assert answer.status == 400
    assert answer.json()["error_description"] == "contract_suspended"
    assert refusals(provider) == before + 1


def test_a_patient_device_is_told_to_wait_whatever_changes_meanwhile(provider: Provider) -> None:
    switch(provider, on=True)
    tv = register(provider, "tv", token_endpoint_auth_method="none")
    told = begin(tv)
    with unrest(provider):
        assert poll(tv, told).json()["error"] == "authorization_pending"
    assert poll(tv, told).json()["error"] == "slow_down"
