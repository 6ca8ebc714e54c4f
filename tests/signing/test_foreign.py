"""Keys and signatures of others: whatever is shown, the answer is a key, a claim or a refusal, and nothing else."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.signers import Signer, segment

from idp import signing
from idp.signing import BadKey, Unverified

SIGNERS = {alg: Signer(alg) for alg in ("ES256", "RS256", "PS256", "EdDSA")}
ANY = frozenset(alg.value for alg in signing.ForeignAlg)
NO_TYP: frozenset[str | None] = frozenset({None})

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["kty", "k", "x", "a"]), inner, max_size=3), max_leaves=6,
)  # fmt: skip
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid", "key_ops", "d", "k"])


@pytest.mark.honest("J12")
@pytest.mark.attack("J12")
@pytest.mark.parametrize("alg", SIGNERS)
def test_each_algorithm_verifies_by_its_own_key_and_by_no_other(alg: str) -> None:
    signer = SIGNERS[alg]
    token = signer.jwt({"a": 1})
    keys = signing.read_key_set({"keys": [signer.jwk]})
    assert signing.verify_foreign(token, keys, algs=ANY, typs=NO_TYP) == {"a": 1}
    with pytest.raises(Unverified):
        signing.verify_foreign(token, keys, algs=ANY - {alg}, typs=NO_TYP)
    for other in SIGNERS.values():
        if other is not signer:
            stranger = signing.read_key_set({"keys": [other.jwk]})
            with pytest.raises(Unverified):
                signing.verify_foreign(token, stranger, algs=ANY, typs=NO_TYP)


@pytest.mark.attack("J7", "J12")
@settings(max_examples=80, deadline=None)
@given(alg=st.sampled_from([*SIGNERS]), changes=st.dictionaries(MEMBERS, JSON, max_size=4))
def test_whatever_stands_in_a_key_it_is_read_or_refused(alg: str, changes: dict[str, Any]) -> None:
    jwk = {**SIGNERS[alg].jwk, **changes}
    for lenient in (False, True):
        with suppress(BadKey):
            signing.read_key_set({"keys": [jwk]}, lenient=lenient)


@pytest.mark.attack("J5", "J6", "J7")
@settings(max_examples=80, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "jwk", "crit", "b64"]), JSON, max_size=4))
def test_whatever_stands_in_a_header_it_is_verified_or_refused(changes: dict[str, Any]) -> None:
    signer = SIGNERS["ES256"]
    keys = signing.read_key_set({"keys": [signer.jwk]})
    header = {"alg": "ES256", "kid": "k1", "jwk": signer.jwk, **changes}
    message = f"{segment(json.loads(json.dumps(header)))}.{segment({'a': 1})}"
    token = f"{message}.{segment(signer.signature(message.encode()))}"
    for verify in (
        lambda: signing.verify_foreign(token, keys, algs=ANY, typs=NO_TYP),
        lambda: signing.verify_possessed(token, algs=ANY, typs=NO_TYP),
        lambda: signing.verify_shared(token, b"x" * 32, typs=NO_TYP),
    ):
        with suppress(Unverified):
            verify()
