from functools import cache

import pytest

from idp.signing import Alg, Private, PublicKey, SigningKey, Status, Use, generate
from idp.signing.keys import public_jwk


@cache
def private(alg: Alg) -> Private:
    """One of each in a run: an RSA key takes a while."""
    return generate(alg)


@pytest.fixture(params=list(Alg))
def alg(request: pytest.FixtureRequest) -> Alg:
    found: Alg = request.param
    return found


def signing_key(alg: Alg, private_key: Private) -> SigningKey:
    jwk = public_jwk(private_key)
    return SigningKey(PublicKey(jwk["kid"], Use.ACCESS_TOKEN, alg, Status.ACTIVE, jwk), private_key)


@pytest.fixture
def key(alg: Alg) -> SigningKey:
    return signing_key(alg, private(alg))


@pytest.fixture
def stranger(alg: Alg) -> SigningKey:
    """Somebody else's key of the same kind, good enough for a signature that is not ours."""
    return signing_key(alg, _other_rsa() if alg in {Alg.RS256, Alg.PS256} else generate(alg))


@cache
def _other_rsa() -> Private:
    return generate(Alg.RS256)
