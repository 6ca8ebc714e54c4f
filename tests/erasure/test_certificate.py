"""The certificate convinces whoever has the operator's keys, says nothing of any person, and cannot be altered."""

import base64
import copy
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from tests.erasure.conftest import PERSONAL, Desk
from tests.support.built import PLACES
from tests.support.filling import SERVICES
from tests.support.provider import Provider
from tests.support.tree import ROOT

from idp import erasure, signing
from idp.erasure import Untrue
from idp.kit import canonical_json

MEMBERS = ["contract", "counts", "erased_at", "erased_by", "sha256", "signature", "tenant"]


@pytest.fixture
def certificate(provider: Provider, desk: Desk) -> dict[str, Any]:
    provider.party("web").tokens(provider.browser())
    path = f"/contracts/{provider.contract()}/erasure-certificate"
    assert desk.ask("GET", path).status == 404
    desk.terminate()
    assert desk.ask("GET", path).status == 404
    desk.erase()
    answer = desk.ask("GET", path)
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def published(provider: Provider) -> dict[str, Any]:
    answer = provider.get("/.well-known/jwks.json")
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def test_it_says_what_was_erased_when_how_much_and_by_whom(provider: Provider, certificate: dict[str, Any]) -> None:
    assert sorted(certificate) == MEMBERS
    assert certificate["contract"] == provider.contract()
    assert (certificate["tenant"], certificate["erased_by"]) == ("aoba", "opr_desk")
    assert certificate["erased_at"] == "2026-04-01T01:00:00Z"
    counts = certificate["counts"]
    # taro, hanako, saburo, jiro and the first administrator
    assert (counts["users"], counts["ids_ever_issued"], counts["services"]) == (5, 5, len(SERVICES))
    assert counts["sessions"] >= 1
    assert counts["signing_keys"] == 3
    text = json.dumps(certificate, ensure_ascii=False)
    assert [each for each in PERSONAL if each in text] == []


def test_anybody_can_check_it_with_the_published_keys(provider: Provider, certificate: dict[str, Any]) -> None:
    """By the words of the specification and another library, not by our own code."""
    said = {name: value for name, value in certificate.items() if name not in {"sha256", "signature"}}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(canonical).hexdigest() == certificate["sha256"]
    header = json.loads(base64.urlsafe_b64decode(certificate["signature"].split(".")[0] + "=="))
    key = next(key for key in published(provider)["keys"] if key["kid"] == header["kid"])
    signed = jws.deserialize_compact(certificate["signature"], ECKey.import_key(key), algorithms=["ES256"])
    everything = {name: value for name, value in certificate.items() if name != "signature"}
    assert signed.payload == canonical_json.encode(everything)
    assert not {"d", "p", "q"} & key.keys()


def test_a_changed_certificate_is_untrue(provider: Provider, certificate: dict[str, Any]) -> None:
    keys = signing.read_jwks(published(provider))
    erasure.verify(certificate, keys)
    changes: list[dict[str, Any]] = [
        {"contract": "con_other"},
        {"erased_at": "2026-04-02T01:00:00Z"},
        {"erased_by": "somebody"},
        {"tenant": "midori"},
        {"counts": certificate["counts"] | {"users": 4}},
        {"sha256": "0" * 64},
        {"more": True},
        {"signature": certificate["signature"][:-4] + "AAAA"},
        {"signature": None},
    ]
    for change in changes:
        changed = copy.deepcopy(certificate) | change
        with pytest.raises(Untrue):
            erasure.verify(changed, keys)
        if "signature" not in change and "sha256" not in change:  # with a hash that fits, too
            said = {name: value for name, value in changed.items() if name not in {"sha256", "signature"}}
            changed["sha256"] = hashlib.sha256(canonical_json.encode(said)).hexdigest()
            with pytest.raises(Untrue):
                erasure.verify(changed, keys)


def test_a_certificate_by_another_operator_is_untrue(certificate: dict[str, Any]) -> None:
    other = signing.KeySet({}, ())
    with pytest.raises(Untrue):
        erasure.verify(certificate, signing.read_jwks(other.jwks()))
    for nonsense in ({}, [], {"keys": 1}, {"keys": [1, {"alg": "none"}, {"kid": 1, "alg": "ES256"}]}):
        assert signing.read_jwks(nonsense) == []


def test_the_command_checks_it_offline(provider: Provider, certificate: dict[str, Any], tmp_path: Path) -> None:
    file, jwks = tmp_path / "certificate.json", tmp_path / "jwks.json"
    jwks.write_text(json.dumps(published(provider)))

    def verify(document: object) -> tuple[int, dict[str, Any]]:
        file.write_text(json.dumps(document))
        command = [sys.executable, "-m", "idp", "erasure", "verify", str(file), "--jwks", str(jwks), "--json"]
        done = subprocess.run(command, env=PLACES, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)

    assert verify(certificate) == (
        0,
        {"ok": True, "contract": provider.contract(), "erased_at": "2026-04-01T01:00:00Z"},
    )
    status, told = verify(certificate | {"tenant": "midori"})
    assert (status, told["ok"]) == (1, False)


@pytest.mark.parametrize(
    ("value", "bytes_"),
    [
        # RFC 8785 3.2.3, without the numbers that we do not have
        (
            {
                "€": "Euro Sign",
                "\r": "Carriage Return",
                "1": "One",
                "😀": "Emoji",
                "\u0080": "C",
                "ö": "o",
                "\ufb33": "H",
            },
            '{"\\r":"Carriage Return","1":"One","\u0080":"C","ö":"o","€":"Euro Sign","😀":"Emoji","\ufb33":"H"}',
        ),
        ({"b": [True, None, {"d": 1, "c": -2}], "a": '\u20ac$\u000f\nA\'B"\\\\"/'}, None),
    ],
)
def test_canonical_json_has_one_spelling(value: dict[str, Any], bytes_: str | None) -> None:
    expected = bytes_ or '{"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":[true,null,{"c":-2,"d":1}]}'
    assert canonical_json.encode(value).decode() == expected
    for unsure in (1.5, 2**53):
        with pytest.raises(ValueError, match="spelling"):
            canonical_json.encode([unsure])
