"""Keys of tenants: sealed where they lie, one active for each use, made into objects once."""

import asyncio
import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from tests.signing.conftest import private

from idp import audit, signing, tenants
from idp.kit.actors import SYSTEM
from idp.kit.ids import TenantId
from idp.kit.sealing import KeyRefused
from idp.kit.units import Units
from idp.signing import Alg, KeyRing, KeySet, Private, Status, Use
from idp.signing.keys import to_pkcs8
from idp.tenants import Tenant

SIGNING = tuple(use for use in Use if use.signs and not use.in_certificates)


def adopt(units: Units, tenant: Tenant, use: Use, alg: Alg, made: Private) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        tenants.adopt_key(unit, use, alg, made)


def loaded(units: Units, tenant: Tenant, ring: KeyRing | None = None) -> KeySet:
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        return (ring or KeyRing()).load(unit)


def private_members(made: Private) -> Iterator[bytes]:
    """What of a private key must never lie about: whole, and each number in the spellings that keys are kept in."""
    yield to_pkcs8(made)
    if isinstance(made, ed25519.Ed25519PrivateKey):
        yield from _spelt(made.private_bytes_raw())
        return
    numbers = made.private_numbers()
    if isinstance(numbers, rsa.RSAPrivateNumbers):
        secret = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    else:
        secret = [numbers.private_value]
    for number in secret:
        yield from _spelt(number.to_bytes((number.bit_length() + 7) // 8))


def _spelt(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield signing.b64(raw)
    yield base64.b64encode(raw).rstrip(b"=")
    yield raw.hex().encode()


def stored(units: Units, url: str) -> bytes:
    """All that the database keeps of the keys, byte by byte; on SQLite its files as they are."""
    if units.database.dialect == "sqlite":
        file = Path(url.removeprefix("sqlite:///"))
        return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    with psycopg.connect(url) as raw:
        raw.execute("SET LOCAL idp.tenants = '*'")
        rows = raw.execute("SELECT * FROM signing_keys").fetchall()
    assert rows
    values = [value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row]
    return b"\n".join(values)


def test_a_private_key_is_nowhere_in_the_database(
    units: Units, tenant: Tenant, installed_url: str, keys: object
) -> None:
    for alg in Alg:
        adopt(units, tenant, Use.ID_TOKEN, alg, private(alg))
    content = stored(units, installed_url)
    for alg in Alg:
        assert all(member not in content for member in private_members(private(alg)))
    with units.open(tenant.id, actor=SYSTEM) as unit:  # the search does find what is there
        jwks = KeyRing().load(unit).published
    assert all(key.kid.encode() in content for key in jwks)


def test_a_key_moved_to_another_tenant_signs_nothing_there(units: Units, tenant: Tenant, neighbour: Tenant) -> None:
    adopt(units, tenant, Use.ID_TOKEN, Alg.ES256, private(Alg.ES256))
    with units.open(tenant.id, actor=SYSTEM) as unit:
        (row,) = signing.store.published(unit)
    with units.open(neighbour.id, actor=SYSTEM) as unit:
        unit.run(signing.store._ADD, **row._asdict())
    with pytest.raises(KeyRefused):
        loaded(units, neighbour)
    assert loaded(units, tenant).active


def test_what_is_published_signs_and_holds_nothing_private(units: Units, tenant: Tenant) -> None:
    for use in SIGNING:
        adopt(units, tenant, use, Alg.ES256, signing.generate(Alg.ES256))
    adopt(units, tenant, Use.ID_TOKEN, Alg.RS256, private(Alg.RS256))
    found = loaded(units, tenant)
    jwks = found.jwks()["keys"]
    assert len(jwks) == len({key["kid"] for key in jwks}) == len(SIGNING) + 1
    for jwk in jwks:
        public = {"EC": {"crv", "x", "y"}, "RSA": {"n", "e"}}[jwk["kty"]]
        assert set(jwk) == {"kty", "kid", "alg", "use", *public}
        assert jwk["use"] == "sig"
    for (use, alg), key in found.active.items():
        assert (key.public.use, key.public.alg) == (use, alg)
        assert signing.verify(key.sign({"sub": "a"}, typ="JWT"), found.published, typ="JWT") == {"sub": "a"}


def test_what_others_encrypt_to_is_published_for_that_and_signs_nothing(units: Units, tenant: Tenant) -> None:
    private = signing.generate(Alg.ES256)
    adopt(units, tenant, Use.REQUEST_OBJECT, Alg.ES256, private)
    found = loaded(units, tenant)
    assert not found.active
    (jwk,) = found.jwks()["keys"]
    assert (set(jwk), jwk["use"]) == ({"kty", "kid", "crv", "x", "y", "use"}, "enc")
    assert found.reading.keys() == {jwk["kid"]}


def test_a_key_of_one_use_does_not_verify_for_another(units: Units, tenant: Tenant) -> None:
    for use in SIGNING:
        adopt(units, tenant, use, Alg.ES256, signing.generate(Alg.ES256))
    found = loaded(units, tenant)
    token = found.active[Use.ID_TOKEN, Alg.ES256].sign({"sub": "a"}, typ="JWT")
    others = [key for key in found.published if key.use is not Use.ID_TOKEN]
    with pytest.raises(signing.Unverified):
        signing.verify(token, others, typ="JWT")


def test_twenty_that_make_a_key_at_once_leave_one(units: Units, tenant: Tenant) -> None:
    made = [signing.generate(Alg.ES256) for _ in range(20)]
    before = revision(units, tenant.id)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda one: adopt(units, tenant, Use.ID_TOKEN, Alg.ES256, one), made))
    (key,) = loaded(units, tenant).published
    assert key.status is Status.ACTIVE
    assert revision(units, tenant.id) == before + 1
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert [entry.subject for entry in audit.page(unit)] == [key.kid]


def test_twenty_that_make_a_key_on_the_hot_path_at_once_leave_one(units: Units, tenant: Tenant) -> None:
    made = [signing.generate(Alg.ES256) for _ in range(20)]

    async def scene() -> None:
        async def one(private_key: Private) -> None:
            await units.commit(
                tenant.id, lambda unit: tenants.adopt_key(unit, Use.ACCESS_TOKEN, Alg.ES256, private_key)
            )

        await asyncio.gather(*map(one, made))

    asyncio.run(scene())
    assert len(loaded(units, tenant).published) == 1


def test_a_key_for_another_use_or_algorithm_is_another_key(units: Units, tenant: Tenant, neighbour: Tenant) -> None:
    for use in SIGNING:
        for alg in Alg:
            adopt(units, tenant, use, alg, private(alg) if use is Use.ID_TOKEN else fresh(alg))
    adopt(units, neighbour, Use.ID_TOKEN, Alg.ES256, fresh(Alg.ES256))
    assert set(loaded(units, tenant).active) == {(use, alg) for use in SIGNING for alg in Alg}
    assert set(loaded(units, neighbour).active) == {(Use.ID_TOKEN, Alg.ES256)}


def fresh(alg: Alg) -> Private:
    """Not 2048 bits, which would take a second."""
    return rsa.generate_private_key(65537, 1024) if alg in {Alg.RS256, Alg.PS256} else signing.generate(alg)


def test_a_key_object_is_made_once_in_a_process(units: Units, tenant: Tenant) -> None:
    """Importing an RSA key costs more than a hundred signatures."""
    adopt(units, tenant, Use.ID_TOKEN, Alg.RS256, private(Alg.RS256))
    ring = KeyRing()
    first = loaded(units, tenant, ring)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        tenants.touch(unit)
    adopt(units, tenant, Use.ID_TOKEN, Alg.ES256, private(Alg.ES256))
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: loaded(units, tenant, ring), range(16)))
    assert {id(keys.active[Use.ID_TOKEN, Alg.RS256]) for keys in [first, *seen]} == {
        id(first.active[Use.ID_TOKEN, Alg.RS256])
    }
    assert len({id(keys.active[Use.ID_TOKEN, Alg.ES256]) for keys in seen}) == 1


def test_two_tenants_never_share_a_key_object(units: Units, tenant: Tenant, neighbour: Tenant) -> None:
    for owner in (tenant, neighbour):
        adopt(units, owner, Use.ID_TOKEN, Alg.ES256, private(Alg.ES256))  # the same key, as a clumsy import would
    ring = KeyRing()
    one, other = loaded(units, tenant, ring), loaded(units, neighbour, ring)
    assert one.active[Use.ID_TOKEN, Alg.ES256] is not other.active[Use.ID_TOKEN, Alg.ES256]


def revision(units: Units, tenant: TenantId) -> int | None:
    with units.open(tenant, actor=SYSTEM, write=False) as unit:
        return tenants.revision(unit)
