"""What may be used once, presented sixteen times at the same moment to two processes that share a database."""

import asyncio
import os
from collections.abc import Callable, Sequence

import pytest
from tests.faults.pairs import Pair, only_winner
from tests.support.relying import Relying, Request, parameters
from tests.support.wire import Answer, Line

TIMES = int(os.environ.get("RACES", "20"))  # `make faults` asks for more
BATCH = 50  # minted and raced before the next: a code lives for 60 seconds

pytestmark = pytest.mark.slow


@pytest.mark.honest("T2")
@pytest.mark.attack("T2", "T1")
def test_a_code_that_is_redeemed_sixteen_times_at_once_succeeds_exactly_once(pair: Pair) -> None:
    relying = pair.services.web
    won = asyncio.run(_race_all(pair, relying, relying.redeem, refresh_tokens=False))
    # the first replay of a code revokes at once, so the winner's tokens are dead by now.
    for answer in (won[0], won[len(won) // 2], won[-1]):
        assert pair.services.send(relying.introspect(answer.json()["access_token"])).json() == {"active": False}
        assert pair.services.send(relying.refresh(answer.json()["refresh_token"])).status_code == 400


@pytest.mark.attack("R2")
def test_a_rotating_refresh_token_that_is_used_sixteen_times_at_once_succeeds_exactly_once(pair: Pair) -> None:
    relying = pair.services.app
    won = asyncio.run(_race_all(pair, relying, relying.refresh, refresh_tokens=True))
    # RFC 9700 4.14: the losers presented a token that was replaced, which ends the family.
    for answer in (won[0], won[len(won) // 2], won[-1]):
        assert pair.services.send(relying.refresh(answer.json()["refresh_token"])).status_code == 400
        assert pair.services.send(relying.userinfo(answer.json()["access_token"])).status_code == 401


async def _race_all(
    pair: Pair, relying: Relying, request: Callable[[str], Request], *, refresh_tokens: bool
) -> list[Answer]:
    """Mints and races batch after batch: the one winning answer of each race."""
    won: list[Answer] = []
    cookies = pair.signed_in(relying)
    async with pair.lines() as lines:
        while len(won) < TIMES:
            minted = await _codes(relying, cookies, lines, BATCH)
            if refresh_tokens:
                minted = await _refresh_tokens(relying, minted, lines)
            for secret in minted:
                won.append(only_winner(await asyncio.gather(*(line.send(request(secret)) for line in lines))))
    return won


async def _codes(relying: Relying, cookies: str, lines: Sequence[Line], count: int) -> list[str]:
    async def on(line: Line, share: int) -> list[str]:
        found = []
        for _ in range(share):
            answer = await line.send(Request("GET", relying.authorize(), (("cookie", cookies),)))
            found.append(parameters(answer.headers["location"])["code"])
        return found

    shares = [count // len(lines) + (number < count % len(lines)) for number in range(len(lines))]
    found = await asyncio.gather(*(on(line, share) for line, share in zip(lines, shares, strict=True)))
    return [code for codes in found for code in codes]


async def _refresh_tokens(relying: Relying, codes: Sequence[str], lines: Sequence[Line]) -> list[str]:
    async def on(line: Line, codes: Sequence[str]) -> list[str]:
        return [(await line.send(relying.redeem(code))).json()["refresh_token"] for code in codes]

    found = await asyncio.gather(*(on(line, codes[number :: len(lines)]) for number, line in enumerate(lines)))
    return [token for tokens in found for token in tokens]
