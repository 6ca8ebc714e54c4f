"""In which country an address is: by the operator's database where there is one, else by the registries' allocations.

Addresses that are at no place (private, loopback, documentation, translated) have no country, whatever a database says,
and neither has what the data do not know. No country allows nothing.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from idp.kit.addresses import canonical
from idp.kit.special_addresses import is_special

if TYPE_CHECKING:
    from maxminddb import Reader

SETTING: Final = "IDP_GEOIP_DATABASE"

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at the file
_PROBED: Final = 100
_REMEMBERED: Final = 4096
# Registries and databases use these for regions and for what they do not know: they are no countries.
_NO_COUNTRY: Final = frozenset({"AP", "EU", "XX", "ZZ"})
_CODE: Final = re.compile(r"[A-Z]{2}")

LookUp = Callable[[str], str | None]


class DatabaseRefused(Exception):
    """The operator's database cannot be used; the message names the setting, what was found and what is expected."""


class _Version(NamedTuple):
    """Differs when the file was written to, or another one put in its place."""

    inode: int
    size: int
    written_ns: int


class Countries:
    """Loaded when first asked or warmed, and again when the file has changed; a change for the worse is not taken."""

    def __init__(self, database: Path | None = None) -> None:
        self._path = database
        self._loading = Lock()
        self._version: _Version | None = None
        self._looked_at = 0.0
        self._look_up: LookUp | None = None

    def of(self, address: str) -> str | None:
        """ISO 3166-1 alpha-2 in capitals; None for special and unknown addresses, and for what is no address."""
        if self._look_up is None or self._due():
            self._refresh()
        return self._look_up(address) if self._look_up is not None else None

    def warm(self) -> None:
        """Load beforehand what the first sign-in would load."""
        self._refresh()

    def _due(self) -> bool:
        return self._path is not None and monotonic() - self._looked_at >= _LOOK_AGAIN

    def _refresh(self) -> None:
        with self._loading:
            self._looked_at = monotonic()
            if self._path is None:
                if self._look_up is None:
                    self._look_up = _remembering(_allocations())
                return
            version: _Version | None = None
            try:
                version = _version(self._path)
                if version != self._version:
                    self._look_up = _remembering(read(self._path))
            except (DatabaseRefused, OSError) as error:
                # What was read before stays; without it nobody has a country.
                structlog.get_logger("idp").error("geoip database refused", detail=str(error))
            self._version = version


def described(path: Path | None) -> str:
    """What there is to look up in, for an operator. Raises `DatabaseRefused`."""
    if path is None:
        return "the allocations of the registries, as shipped"
    read(path)
    return f"{path}, a database of countries"


def read(path: Path) -> LookUp:
    """The look-up of a MaxMind DB file. Raises `DatabaseRefused`."""
    import maxminddb  # only where there is such a file, and never before the worker answers

    try:
        # Into memory: a mapped file that is written over takes the process with it.
        reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
        if not any(_country(record) for _, record in islice(reader, _PROBED)):
            raise DatabaseRefused(f"{SETTING}: found no countries in {path}, expected a database of countries")
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise DatabaseRefused(f"{SETTING}: found {path} ({error}), expected a MaxMind DB file") from error
    return lambda address: _found(reader, address)


def _found(reader: "Reader", address: str) -> str | None:
    from maxminddb import InvalidDatabaseError

    try:
        return _country(reader.get(address))
    except (InvalidDatabaseError, ValueError):  # damaged further in, or IPv6 in a database of IPv4
        return None


def _country(record: object) -> str | None:
    """Where the address is, as MaxMind, DB-IP and IPinfo write it; never where its network is registered."""
    if not isinstance(record, dict):
        return None
    country = record.get("country")
    return _code(country.get("iso_code") if isinstance(country, dict) else record.get("country_code", country))


def _code(found: object) -> str | None:
    return found if isinstance(found, str) and _CODE.fullmatch(found) and found not in _NO_COUNTRY else None


def _allocations() -> LookUp:
    from iptocc import country_code

    return lambda address: _code(country_code(address))


def _remembering(look_up: LookUp) -> LookUp:
    def of(text: str) -> str | None:
        try:
            address = canonical(text)
        except ValueError:
            return None
        return None if is_special(address) else look_up(str(address))

    return lru_cache(_REMEMBERED)(of)


def _version(path: Path) -> _Version:
    stat = path.stat()
    return _Version(stat.st_ino, stat.st_size, stat.st_mtime_ns)
