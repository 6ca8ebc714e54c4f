"""The whole way of a code, once on each database."""

from tests.support.party import STATE, claims
from tests.support.provider import Provider


def test_a_person_signs_in_and_the_service_learns_who_it_is(provider: Provider) -> None:
    web = provider.party("web")
    answer = provider.browser().authorize(web)
    assert answer.status == 303
    assert answer.query.keys() == {"code", "state", "iss"}
    assert answer.query["state"] == STATE
    tokens = web.redeem(answer.query["code"])
    assert tokens.status == 200, tokens
    assert claims(tokens.json()["id_token"])["sub"] == provider.user()
    assert web.userinfo(tokens.json()["access_token"]).json()["sub"] == provider.user()
    assert web.at(provider.second).introspect(tokens.json()["access_token"])["active"] is True
