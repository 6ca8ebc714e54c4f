import asyncio

import pytest

from idp.web.asgi import App, Receive, Scope, Send, respond
from idp.web.later import Later


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200)


async def status(app: Later) -> int:
    sent: list[dict[str, int]] = []

    async def send(message: dict[str, int]) -> None:
        sent.append(message)

    await app({}, None, send)
    return sent[0]["status"]


def test_it_is_built_once_however_many_ask_at_once() -> None:
    built = []

    def make() -> App:
        built.append(1)
        return answer

    async def scene() -> list[int]:
        app = Later(make)
        return await asyncio.gather(*(status(app) for _ in range(16)))

    assert asyncio.run(scene()) == [200] * 16
    assert built == [1]


def test_what_it_cannot_build_is_told_and_tried_again() -> None:
    attempts = iter([RuntimeError("undeclared"), answer])

    def make() -> App:
        made = next(attempts)
        if isinstance(made, Exception):
            raise made
        return made

    app = Later(make)
    with pytest.raises(RuntimeError, match="undeclared"):
        app.build()
    assert asyncio.run(status(app)) == 200
