"""The file: lines of JSON. A header, the rows table by table, and an end that accounts for all of it.

The end says how many rows each table has, the SHA-256 of every byte before it, and a keyed digest of both: whoever
lacks the master key can neither change a backup nor make one, and a file that was cut, or of which a bit has turned, is
found out before anything is written.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from idp.kit import canonical_json, compact
from idp.kit.sealing import Box

FORMAT = 1
_LONGEST = 64 * 1024 * 1024  # of a line: the largest row there is, many times over

Mac = Callable[[bytes], bytes]
Row = list[Any]


class BackupRefused(Exception):
    """A file cannot be restored, here or at all; the message says why and what would help."""


class Header(NamedTuple):
    """`schema` is the revision of the schema, `tables` the columns of each table in the order of its rows."""

    taken_at: str
    schema: str
    epoch: int
    tables: Mapping[str, list[str]]


class Writing:
    """Lines into an open file, and what the end will say of them."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self._digest = sha256()
        self.rows: Counter[str] = Counter(dict.fromkeys(header.tables, 0))
        self._put({"warifu": "backup", "format": FORMAT, **header._asdict()})

    def row(self, table: str, row: Row) -> None:
        self._put([table, row])
        self.rows[table] += 1

    def end(self, mac: Mac) -> str:
        """The SHA-256 that it says."""
        said = {"rows": dict(self.rows), "sha256": self._digest.hexdigest()}
        self._file.write(_end(said, mac))
        return str(said["sha256"])

    def _put(self, value: Any) -> None:
        line = compact.encode(value) + b"\n"
        self._digest.update(line)
        self._file.write(line)


class Reading:
    """A file that was found whole. Raises `BackupRefused` for any other, having read all of it once."""

    def __init__(self, path: Path, mac: Mac) -> None:
        self._path = path
        self.header = _header(path)
        last, self.sha256 = _last_line(path)
        try:
            end = json.loads(last)
            said = {"rows": end["rows"], "sha256": self.sha256}
            ours = _end({"rows": end["rows"], "sha256": end["sha256"]}, mac)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BackupRefused(f"{path} is cut off: it has no end") from None
        if end["sha256"] != self.sha256:
            raise BackupRefused(f"{path} is damaged: its SHA-256 is not the one that it says")
        if not compare_digest(ours, last):
            raise BackupRefused(f"{path} was not made with this master key, or its end was changed")
        self.rows: Mapping[str, int] = said["rows"]

    def __iter__(self) -> Iterator[tuple[str, Row]]:
        """Table by table. Raises `BackupRefused` at the end when the file is no longer the one that was checked."""
        digest, seen = sha256(), Counter(dict.fromkeys(self.rows, 0))
        lines = _lines(self._path)
        digest.update(next(lines))
        for line in lines:
            if line.startswith(b"{"):
                break
            digest.update(line)
            table, row = json.loads(line)
            seen[table] += 1
            yield table, row
        if digest.hexdigest() != self.sha256 or dict(seen) != dict(self.rows):
            raise BackupRefused(f"{self._path} was changed while it was read")


def keyed(box: Box) -> Mac:
    """Of the platform's box, which the master key alone gives."""
    return partial(box.mac, "backup")


def _header(path: Path) -> Header:
    """Unchecked: of a file that may be damaged further on. Raises `BackupRefused`."""
    try:
        said = json.loads(next(_lines(path), b""))
        kind, form = said.pop("warifu"), said.pop("format")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BackupRefused(f"{path} is no backup") from None
    if kind != "backup" or form != FORMAT:
        raise BackupRefused(f"{path} is a backup of another form ({form}); this version reads {FORMAT}")
    try:
        header = Header(**said)
        return header._replace(tables={str(name): list(columns) for name, columns in header.tables.items()})
    except (TypeError, AttributeError):
        raise BackupRefused(f"{path} is damaged: its header cannot be read") from None


def _end(said: Mapping[str, Any], mac: Mac) -> bytes:
    """Canonical: a file of which anything differs, be it a space, is another file."""
    counted = canonical_json.encode(dict(said))
    return canonical_json.encode({**said, "mac": mac(counted).hex()}) + b"\n"


def _last_line(path: Path) -> tuple[bytes, str]:
    """With the SHA-256 of all before it."""
    digest, last = sha256(), b""
    for line in _lines(path):
        digest.update(last)
        last = line
    return last, digest.hexdigest()


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(_LONGEST):
            yield line
