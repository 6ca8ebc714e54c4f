"""A client's secret is changed for another at the client's own pace: both prove it for a while, then one."""

from dataclasses import replace

import pytest
from tests.support.party import Party
from tests.support.provider import Provider

from idp import federation
from idp.kit.errors import Conflict


def rotate(provider: Provider, overlap: int) -> str:
    with provider.open() as unit:
        made = federation.rotate_secret(unit, provider.service_id("web"), overlap_seconds=overlap)
    return str(made.secret)


def with_secret(party: Party, secret: str) -> Party:
    registered = party.registered
    return replace(party, registered={**registered, "oidc": {**registered["oidc"], "client_secret": secret}})


def uses(provider: Provider) -> dict[str, str | None]:
    with provider.open() as unit:
        service = federation.get(unit, provider.service_id("web"))
        return {each["secret"]: each["last_used_at"] for each in federation.secrets_of(unit, service)}


def known(party: Party) -> list[int]:
    return [party.credentials().status, *(party.post(name, token="x").status for name in ("introspect", "revoke"))]


@pytest.mark.attack("T9")
def test_both_secrets_prove_the_client_until_the_overlap_is_over(provider: Provider) -> None:
    old = provider.party("web")
    new = with_secret(old, rotate(provider, 3600))
    for worker in (provider.first, provider.second):
        assert known(old.at(worker)) == known(new.at(worker)) == [200, 200, 200]
    assert known(with_secret(old, "x" * 40)) == [401, 401, 401]
    provider.clock.advance(seconds=3599)
    assert known(old) == [200, 200, 200]
    provider.clock.advance(seconds=1)
    for worker in (provider.first, provider.second):
        assert known(old.at(worker)) == [401, 401, 401]
        assert known(new.at(worker)) == [200, 200, 200]


@pytest.mark.attack("T9")
def test_the_former_secret_is_ended_before_its_time(provider: Provider) -> None:
    old = provider.party("web")
    new = with_secret(old, rotate(provider, 3600))
    assert known(old.at(provider.second)) == [200, 200, 200]
    with provider.open() as unit:
        federation.end_former(unit, provider.service_id("web"))
    for worker in (provider.first, provider.second):
        assert known(old.at(worker)) == [401, 401, 401]
        assert known(new.at(worker)) == [200, 200, 200]


@pytest.mark.attack("T9")
def test_a_change_without_an_overlap_ends_both(provider: Provider) -> None:
    old = provider.party("web")
    new = with_secret(old, rotate(provider, 3600))
    with pytest.raises(Conflict, match="two_secrets"):
        rotate(provider, 60)
    newest = with_secret(old, rotate(provider, 0))
    assert [known(each)[0] for each in (old, new, newest)] == [401, 401, 200]


def test_it_is_seen_which_of_them_is_still_in_use(provider: Provider) -> None:
    old = provider.party("web")
    new = with_secret(old, rotate(provider, 86_400))
    assert uses(provider) == {"current": None, "former": None}
    old.credentials()
    assert uses(provider) == {"current": None, "former": "2026-04-01T01:00:00Z"}
    provider.clock.advance(minutes=90)
    new.credentials()
    new.credentials()
    assert uses(provider) == {"current": "2026-04-01T02:00:00Z", "former": "2026-04-01T01:00:00Z"}
    provider.clock.advance(days=1)
    assert uses(provider) == {"current": "2026-04-01T02:00:00Z"}
