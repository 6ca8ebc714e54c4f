"""A client proves itself by its one registered method and by nothing beside it."""

import base64

import pytest
from tests.support.in_process import FORM, Answer, basic, encoded
from tests.support.provider import Provider

ENDPOINTS = ["token", "introspect", "revoke"]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def send(provider: Provider, endpoint: str, authorization: str | None = None, **fields: str | None) -> Answer:
    headers = {"content-type": FORM} | ({} if authorization is None else {"authorization": authorization})
    form = {"grant_type": "client_credentials", "token": "x", **fields}
    return provider.first.call("POST", f"/t/aoba/{endpoint}", headers, encoded(form))


def is_unproved(answer: Answer) -> None:
    assert answer.status == 401, answer
    assert answer.json() == {"error": "invalid_client", "error_description": "Client authentication failed."}
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.headers["cache-control"] == "no-store"


def raw(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.honest("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_registered_method_is_believed(shared: Provider, endpoint: str) -> None:
    web, post = shared.party("web"), shared.party("post")
    assert send(shared, endpoint, basic(web.client_id, web.secret)).status == 200
    assert send(shared, endpoint, basic(web.client_id, web.secret), client_id=web.client_id).status == 200
    assert send(shared, endpoint, basic(web.client_id, web.secret).replace("Basic", "bASIC")).status == 200
    assert send(shared, endpoint, client_id=post.client_id, client_secret=post.secret).status == 200


@pytest.mark.attack("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_another_method_is_not_even_with_the_right_secret(shared: Provider, endpoint: str) -> None:
    web, post, app = shared.party("web"), shared.party("post"), shared.party("app")
    for answer in (
        send(shared, endpoint, client_id=web.client_id, client_secret=web.secret),
        send(shared, endpoint, basic(post.client_id, post.secret)),
        send(shared, endpoint, client_id=web.client_id),
        send(shared, endpoint, client_id=post.client_id),
        send(shared, endpoint, client_id=post.client_id, client_secret=""),
        send(shared, endpoint, client_id=app.client_id, client_secret="x"),
        send(shared, endpoint, basic(app.client_id, "x")),
        send(shared, endpoint, raw(f"{app.client_id}:".encode())),
    ):
        is_unproved(answer)


@pytest.mark.attack("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_two_methods_are_none(shared: Provider, endpoint: str) -> None:
    web, post, other = shared.party("web"), shared.party("post"), shared.party("other")
    right = basic(web.client_id, web.secret)
    for answer in (
        send(shared, endpoint, right, client_secret=web.secret),
        send(shared, endpoint, right, client_id=web.client_id, client_secret=web.secret),
        send(shared, endpoint, right, client_id=other.client_id),
        send(shared, endpoint, right, client_id=post.client_id, client_secret=post.secret),
        send(shared, endpoint, right, client_assertion="a.b.c", client_assertion_type=ASSERTION),
        send(shared, endpoint, right, client_assertion="a.b.c"),
        send(shared, endpoint, right, client_assertion_type=ASSERTION),
        send(
            shared,
            endpoint,
            client_id=post.client_id,
            client_secret=post.secret,
            client_assertion="a.b.c",
            client_assertion_type=ASSERTION,
        ),
    ):
        is_unproved(answer)


@pytest.mark.attack("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic \u00e9",
        "Bearer x",
        "Digest username=x",
        "Negotiate x",
        "DPoP x",
        raw(b"nocolon"),
        raw(b":"),
        raw(b":secret"),
        raw(b"\xff:\xff"),
        raw(b"a\0b:c"),
        raw(b"a%00b:c"),
        raw(b"a%ff:c"),
        raw(b"a%ed%a0%80b:c"),
        raw(b"cli_nobody:x"),
        raw("クライアント:x".encode()),
        raw(b"c" * 2_000 + b":x"),
        raw(b"cli_x:" + b"s" * 2_000),
        raw(b"c" * 100_000 + b":x"),
        raw(b"' or 1=1 --:x"),
    ],
)
def test_what_is_no_proof(shared: Provider, endpoint: str, authorization: str) -> None:
    is_unproved(send(shared, endpoint, authorization))


@pytest.mark.attack("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "change",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        lambda secret: secret.upper(),
        lambda secret: secret + "\0",
        lambda secret: " " + secret,
        lambda secret: secret + "\n",
        lambda secret: secret[:1],
        lambda secret: "é" + secret,
    ],
)
def test_a_secret_that_is_not_quite_right(shared: Provider, endpoint: str, change) -> None:
    web, post = shared.party("web"), shared.party("post")
    is_unproved(send(shared, endpoint, basic(web.client_id, change(web.secret))))
    body = send(shared, endpoint, client_id=post.client_id, client_secret=change(post.secret))
    if "\0" in change(post.secret):
        assert (body.status, body.json()["error"]) == (400, "invalid_request")
    else:
        is_unproved(body)


@pytest.mark.attack("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_secret_of_another_client_or_tenant_is_wrong(shared: Provider, endpoint: str) -> None:
    web, other = shared.party("web"), shared.party("other")
    theirs = shared.party("web", slug="midori")
    is_unproved(send(shared, endpoint, basic(web.client_id, other.secret)))
    is_unproved(send(shared, endpoint, basic(theirs.client_id, theirs.secret)))


@pytest.mark.attack("T9")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_nobody_at_all_is_a_malformed_request(shared: Provider, endpoint: str) -> None:
    for fields in ({}, {"client_id": ""}, {"client_secret": "x"}):
        answer = send(shared, endpoint, **fields)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
