"""What an ID token vouches for: the code and the token beside it, under whatever algorithm, and no others.

And what is encrypted to nobody: every broken ciphertext is answered alike.
"""

import base64
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey
from tests.oidc.test_front_channel import NO_CHALLENGE, WITH_ID_TOKEN
from tests.support.filling import CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import Browser, Party
from tests.support.provider import OPERATOR, Provider, Source

from idp import federation, signing
from idp.federation import SigningAlg
from idp.signing import PublicKey

HASHES = {"access_token": "at_hash", "code": "c_hash"}
KINDS = [
    (kind, each)
    for kind in WITH_ID_TOKEN
    for each in HASHES
    if each in kind or (each != "code" and "token" in kind.split())
]


class Vigilant:
    """A relying party as Core 3.2.2.9 and 3.3.2.11 want it: it takes nothing that its ID token does not vouch for."""

    def __init__(self, keys: tuple[PublicKey, ...]) -> None:
        self._keys = keys

    def takes(self, given: dict[str, str]) -> bool:
        claims = signing.verify(given["id_token"], self._keys, typ="JWT")
        alg = next(key.alg for key in self._keys if key.kid == signing.key_id(given["id_token"]))
        return all(
            claims.get(name) == signing.left_half(alg, given[each]) for each, name in HASHES.items() if each in given
        )


@pytest.fixture(scope="module")
def one(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with embedded.provider(tmp_path_factory.mktemp("swapped")) as made:
        yield made


@pytest.fixture(scope="module")
def browser(one: Provider) -> Browser:
    made = one.browser()
    made.code(one.party("front", slug="midori"))
    return made


KEPT = ("redirect_uris", "security_profile", "grant_types", "response_types", "scope")


@pytest.fixture(scope="module", params=list(SigningAlg))
def front(one: Provider, request: pytest.FixtureRequest) -> Party:
    before = one.party("front", slug="midori").registered["oidc"]
    kept = {
        name: before[name] for name in ("redirect_uris", "security_profile", "grant_types", "response_types", "scope")
    }
    document = {"name": request.param, "protocol": "oidc", "assignment_required": False}
    oidc = {**kept, "id_token_signed_response_alg": request.param}
    with one.units.open(one.tenant("midori"), actor=OPERATOR) as unit:
        made = federation.create(unit, federation.read({**document, "oidc": oidc}, production=False))
    return replace(one.party("front", slug="midori"), registered=federation.to_json(made))


@pytest.mark.attack("J11")
@pytest.mark.honest("J11")
@pytest.mark.parametrize(("kind", "swapped"), KINDS)
def test_what_was_swapped_beside_an_id_token_is_noticed(
    one: Provider, front: Party, browser: Browser, kind: str, swapped: str
) -> None:
    mine, other = (
        browser.authorize(front, response_type=kind, scope="openid", **NO_CHALLENGE).fragment for _ in range(2)
    )
    with one.open("midori") as unit:
        relying = Vigilant(signing.KeyRing().load(unit).published)
    assert relying.takes(mine)
    assert relying.takes(other)
    assert not relying.takes({**mine, swapped: other[swapped]})


ENCRYPTIONS = [
    ("RSA-OAEP", "A128GCM"), ("RSA-OAEP-256", "A256GCM"), ("RSA1_5", "A128CBC-HS256"), ("ECDH-ES", "A128GCM"),
    ("dir", "A128GCM"), ("A128KW", "A128CBC-HS256"), ("PBES2-HS256+A128KW", "A128CBC-HS256"),
]  # fmt: skip
BROKEN = ["whole", "key", "vector", "text", "tag", "header", "empty key", "empty tag", "short vector", "random"]


def ciphertext(alg: str, enc: str, how: str) -> str:
    """Of nothing in particular, broken in one place."""
    head = base64.urlsafe_b64encode(f'{{"alg":"{alg}","enc":"{enc}","cty":"JWT"}}'.encode()).rstrip(b"=").decode()
    key = RSAKey.import_key(_STRANGER.as_dict(private=False))
    whole = jwe.encrypt_compact({"alg": "RSA-OAEP", "enc": "A128GCM"}, b"a.b.c", key)
    parts = [head, *whole.split(".")[1:]]
    place = {"header": 0, "key": 1, "vector": 2, "text": 3, "tag": 4}.get(how)
    if place is not None:
        parts[place] = parts[place][:-4] + ("AAAA" if not parts[place].endswith("AAAA") else "BBBB")
    elif how.startswith("empty"):
        parts[1 if "key" in how else 4] = ""
    elif how == "short vector":
        parts[2] = parts[2][:4]
    elif how == "random":
        parts[1:] = [base64.urlsafe_b64encode(os.urandom(48)).decode() for _ in range(4)]
    return ".".join(parts)


_STRANGER = RSAKey.generate_key(2048)


def told(answer: Answer) -> tuple[int, bytes, str]:
    return answer.status, answer.body, answer.location


@pytest.mark.attack("J13")
@pytest.mark.parametrize(("alg", "enc"), ENCRYPTIONS)
@pytest.mark.parametrize("how", BROKEN)
def test_every_broken_ciphertext_is_answered_alike(one: Provider, alg: str, enc: str, how: str) -> None:
    """Of answers that differ an oracle is made, one bit of the text for each try (RFC 8725 2.3)."""
    web, token = one.party("web"), ciphertext(alg, enc, how)
    pushed = web.post("par", request=token)
    assert pushed.json() == web.post("par", request="a.b.c.d.e").json()
    assert (pushed.status, pushed.json()["error"]) == (400, "invalid_request_object")
    hint = one.get(f"/t/aoba/end_session?id_token_hint={token}")
    assert hint.status == 400
    form = {"content-type": FORM}
    fields = {**web.asking(), "request": token}
    asked = one.first.call("POST", "/t/aoba/authorize", form, encoded(fields))
    assert asked.location.startswith(CALLBACK)
    assert asked.query["error"] in ("invalid_request_object", "request_not_supported")
    other = encoded({**fields, "request": "a.b.c.d.e"})
    assert told(asked) == told(one.first.call("POST", "/t/aoba/authorize", form, other))
    assert web.userinfo(token).status == 401


@pytest.mark.honest("J13")
def test_beside_them_an_answer_is_given(one: Provider) -> None:
    web = one.party("web")
    assert web.post("par", **web.asking()).status == 201
