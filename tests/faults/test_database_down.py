"""A database that goes away under a running provider: 503 in bounded time, readiness red, keys and metadata answer.

The workers stay up, and everything works again as soon as the database does.
"""

import asyncio
import base64
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import make_url
from tests.support.in_process import FORM, Answer, basic, encoded
from tests.support.party import Browser, Party
from tests.support.postgres import Cluster
from tests.support.provider import Provider, Source

Request = tuple[Any, ...]  # what `Running.send` takes

BOUND = 6.0  # seconds; a lock is waited for at most four, a connection two

pytestmark = pytest.mark.slow


@contextmanager
def without_postgres(cluster: Cluster, provider: Provider) -> Iterator[None]:
    """The server hangs up on everybody and lets nobody in."""
    name = make_url(provider.settings.database_url).database
    assert name is not None
    shut = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    cluster.run_as_superuser(shut.format(sql.Identifier(name), sql.SQL("false")))
    kick = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
    cluster.run_as_superuser(kick.format(sql.Literal(name)))
    try:
        yield
    finally:
        cluster.run_as_superuser(shut.format(sql.Identifier(name), sql.SQL("true")))


@contextmanager
def locked(provider: Provider) -> Iterator[None]:
    """Somebody holds the one writer's place and does not let go."""
    connection = sqlite3.connect(provider.settings.sqlite_file or "", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def timed(ask: Callable[[], Answer]) -> Answer:
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began < BOUND
    return answer


def at_once(provider: Provider, requests: Sequence[Request]) -> list[Answer]:
    """All of them side by side, within the bound of one."""

    async def ask() -> list[Answer]:
        return await asyncio.gather(*(provider.first.send(*request) for request in requests))

    began = time.monotonic()
    answers = provider.loop.run_until_complete(ask())
    assert time.monotonic() - began < BOUND
    return answers


def is_unavailable(answer: Answer, *, oauth: bool = False) -> None:
    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) >= 1
    assert not answer.cookies
    assert "Traceback" not in answer.text
    assert "postgres" not in answer.text.lower()
    assert "sqlite" not in answer.text.lower()
    if oauth:
        assert answer.json()["error"] == "temporarily_unavailable"


PUBLIC = ("/t/aoba/.well-known/openid-configuration", "/t/aoba/jwks", "/health/live")


def public_things_answer(provider: Provider) -> None:
    answers = at_once(provider, [("GET", path) for path in PUBLIC])
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(answers[1].json()["keys"]) == 3


def everything_works(web: Party, browser: Browser, token: str) -> None:
    assert web.credentials().status == 200
    assert web.userinfo(token).status == 200
    assert "code" in browser.get(web.address(prompt="none")).query


def test_a_database_that_goes_away_and_comes_back(source: Source, provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    told = web.tokens(browser)
    assert provider.get("/health/ready").status == 200
    if source.cluster is None:
        with locked(provider):
            while_locked(provider, web, browser, told)
    else:
        with without_postgres(source.cluster, provider):
            while_away(provider, web, browser, told)
    everything_works(web, browser, told["access_token"])
    assert web.refresh(told["refresh_token"]).status == 200
    assert provider.get("/health/ready").status == 200


def while_away(provider: Provider, web: Party, browser: Browser, told: dict[str, str]) -> None:
    headers, _ = web.proof({})
    form = headers | {"content-type": FORM}
    token = encoded({"token": told["access_token"]})
    refresh = encoded({"grant_type": "refresh_token", "refresh_token": told["refresh_token"]})
    programs: list[Request] = [
        ("POST", "/t/aoba/token", form, encoded({"grant_type": "client_credentials"})),
        ("POST", "/t/aoba/token", form, refresh),
        ("POST", "/t/aoba/introspect", form, token),
        ("POST", "/t/aoba/revoke", form, token),
        ("GET", "/t/aoba/userinfo", {"authorization": f"Bearer {told['access_token']}"}),
    ]
    for answer in at_once(provider, programs):
        is_unavailable(answer, oauth=True)
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.jar.items())}
    people = [web.address(), "/t/aoba/signin?interaction=int_x", "/t/aoba/end_session"]
    for answer in at_once(provider, [("GET", path, cookies) for path in people]):
        is_unavailable(answer)
    assert timed(lambda: provider.get("/health/ready")).status == 503
    public_things_answer(provider)
    public_things_do_not_queue_behind(programs * 10, provider)


def public_things_do_not_queue_behind(others: list[Request], provider: Provider) -> None:
    """Services that check tokens fetch keys, and give up after a few seconds."""

    async def ask() -> float:
        waiting = [asyncio.ensure_future(provider.first.send(*request)) for request in others]
        await asyncio.sleep(0)
        began = time.monotonic()
        answers = await asyncio.gather(*(provider.first.send("GET", path) for path in PUBLIC))
        took = time.monotonic() - began
        assert [answer.status for answer in answers] == [200, 200, 200]
        assert {answer.status for answer in await asyncio.gather(*waiting)} == {503}
        return took

    assert provider.loop.run_until_complete(ask()) < BOUND / 3


def while_locked(provider: Provider, web: Party, browser: Browser, told: dict[str, str]) -> None:
    """Nothing is issued that could not be written down; what only reads goes on."""
    headers, form = web.proof({"grant_type": "client_credentials"})
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.jar.items())}
    writing: list[Request] = [
        ("POST", "/t/aoba/token", headers | {"content-type": FORM}, encoded(form)),
        ("GET", web.address(prompt="none"), cookies),
    ]
    token, code = at_once(provider, writing)
    is_unavailable(token, oauth=True)
    is_unavailable(code)
    assert timed(lambda: web.userinfo(told["access_token"])).status == 200
    public_things_answer(provider)


def test_a_page_says_it_to_a_person(source: Source, provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    down = locked(provider) if source.cluster is None else without_postgres(source.cluster, provider)
    with down:
        page = timed(lambda: browser.get(web.address(), accept="text/html"))
    is_unavailable(page)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_worker_that_starts_without_its_database_is_not_ready(alone: Provider) -> None:
    file = alone.settings.sqlite_file
    assert file is not None
    file.rename(file.with_suffix(".away"))
    assert alone.get("/health/live").status == 200
    assert alone.get("/health/ready").status == 503
    for path in ("/t/aoba/jwks", "/t/aoba/.well-known/openid-configuration", alone.party("web").address()):
        is_unavailable(timed(lambda path=path: alone.get(path)))
    is_unavailable(alone.party("web").credentials(), oauth=True)


@pytest.mark.parametrize("client", ["a\0b", "\u682a", "\x80", "'", "%", "c" * 1_000])
def test_no_value_of_a_request_upsets_a_database(provider: Provider, client: str) -> None:
    odd = base64.urlsafe_b64encode(json.dumps({"aud": client, "jti": client}).encode()).rstrip(b"=").decode()
    hint = f"e30.{odd}.AA"
    proof = {"content-type": FORM, "authorization": basic(client, "x")}
    answers = [
        provider.first.call("POST", "/t/aoba/token", proof, b"a=b"),
        provider.get(f"/t/aoba/end_session?id_token_hint={hint}"),
        provider.get("/t/aoba/userinfo", {"authorization": f"Bearer {hint}"}),
        provider.get(provider.party("web").address(client_id=client)),
        provider.browser().get("/t/aoba/signin?interaction=%27%22%5C%25"),
    ]
    assert [answer.status for answer in answers] == [401, 400, 401, 400, 400]
