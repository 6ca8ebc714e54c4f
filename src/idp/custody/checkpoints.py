"""A checkpoint: lines of JSON. A header, a line for each chain with its head, and an end that signs all of it.

The signature is a JWS (RFC 7515) by the operator's key for certificates, over the SHA-256 of every byte before the end
and the counts: whoever has the operator's published keys can tell that nothing in it was changed.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from idp import audit, signing, tenants
from idp.audit import Head
from idp.custody.everyone import everyone
from idp.kit import compact
from idp.kit.actors import Actor
from idp.kit.clock import rfc3339
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.signing import KeyRing, PublicKey, Unverified

TYP = "audit-checkpoint+jws"
_FORMAT = 1
_LONGEST = 4096  # of a line


class Untrue(ValueError):
    """The file is no checkpoint, or not as it was signed."""


class Taken(NamedTuple):
    at: str
    tenants: int
    chains: int
    rows: int
    sha256: str


class _Lines(NamedTuple):
    """Where a tenant's chains stand in the file."""

    slug: str
    offset: int
    chains: int


def take(units: Units, file: BinaryIO, *, actor: Actor) -> Taken:
    """Each tenant's heads as of a moment of their own: a chain only ever grows."""
    with units.platform(actor=actor) as unit:
        key = tenants.certifier(unit)
        epoch, at = tenants.epoch(unit), rfc3339(unit.now_us)
    digest = sha256()

    def put(value: Any) -> None:
        line = compact.encode(value) + b"\n"
        digest.update(line)
        file.write(line)

    put({"warifu": "checkpoint", "format": _FORMAT, "at": at, "epoch": epoch})
    counted, chains, rows = 0, 0, 0
    for tenant in everyone(units, actor=actor):
        with units.open(tenant.id, actor=actor, write=False) as unit:
            heads = audit.heads(unit)
        counted += 1
        for head in heads:
            put([tenant.id, tenant.slug, head.chain, head.seq, head.hash.hex()])
            chains, rows = chains + 1, rows + head.seq
    taken = Taken(at, counted, chains, rows, digest.hexdigest())
    file.write(compact.encode({**taken._asdict(), "signature": key.sign(_signed(taken, epoch), typ=TYP)}) + b"\n")
    return taken


class Checkpoint:
    """What a file says, of which it was found out that it was signed; read again where it is needed."""

    def __init__(self, path: Path, taken: Taken, lines: dict[TenantId, _Lines]) -> None:
        self._path = path
        self._lines = lines
        self.taken = taken

    @property
    def tenants(self) -> dict[TenantId, str]:
        """Those that had a trail, with their names in URLs."""
        return {tenant: lines.slug for tenant, lines in self._lines.items()}

    def heads(self, tenant: TenantId) -> list[Head]:
        lines = self._lines.get(tenant)
        if lines is None:
            return []
        with self._path.open("rb") as file:
            file.seek(lines.offset)
            return [_head(json.loads(file.readline(_LONGEST))) for _ in range(lines.chains)]


def read(path: Path, keys: Iterable[PublicKey]) -> Checkpoint:
    """Reads all of it once, whatever its size a line at a time. Raises `Untrue`."""
    try:
        return _read(path, keys)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise error if isinstance(error, Untrue) else Untrue(f"it is no checkpoint: {error}") from error


def published(unit: Unit) -> tuple[PublicKey, ...]:
    """The operator's keys, for a checkpoint that is read where it was written; needs a unit of the platform."""
    return KeyRing().load(unit).published


def _read(path: Path, keys: Iterable[PublicKey]) -> Checkpoint:
    digest, lines, chains, rows, end = sha256(), dict[TenantId, _Lines](), 0, 0, None
    with path.open("rb") as file:
        header = json.loads(_first(file, digest))
        if header.get("warifu") != "checkpoint" or header.get("format") != _FORMAT:
            raise Untrue("it is no checkpoint of this version")
        for offset, line in _rest(file):
            value = json.loads(line)
            if isinstance(value, dict):
                end = value
                break
            digest.update(line)
            tenant, slug, _, seq, _ = value
            before = lines.get(tenant)
            lines[tenant] = _Lines(slug, offset, 1) if before is None else before._replace(chains=before.chains + 1)
            chains, rows = chains + 1, rows + int(seq)
        if end is None or file.read(1):
            raise Untrue("it is cut off, or something stands behind its end")
    taken = Taken(**{name: end[name] for name in Taken._fields})
    if (taken.chains, taken.rows, taken.sha256) != (chains, rows, digest.hexdigest()):
        raise Untrue("the end is not that of these lines")
    try:
        said = signing.verify(str(end["signature"]), keys, typ=TYP)
    except Unverified as error:
        raise Untrue(f"the signature does not hold: {error}") from error
    if said != _signed(taken, int(header["epoch"])):
        raise Untrue("the signature is that of another checkpoint")
    return Checkpoint(path, taken, lines)


def _first(file: BinaryIO, digest: Any) -> bytes:
    line = file.readline(_LONGEST)
    digest.update(line)
    return line


def _rest(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    while True:
        offset = file.tell()
        line = file.readline(_LONGEST)
        if not line:
            return
        yield offset, line


def _signed(taken: Taken, epoch: int) -> dict[str, Any]:
    return {**taken._asdict(), "epoch": epoch}


def _head(line: Any) -> Head:
    _, _, chain, seq, digest = line
    return Head(str(chain), int(seq), bytes.fromhex(digest))
