"""An entry as it is shown and taken along."""

import json
from typing import Any

from idp.audit.model import Entry
from idp.kit.clock import rfc3339
from idp.kit.spreadsheets import harmless

COLUMNS = ("at", "event", "actor_kind", "actor_id", "source", "subject", "facts", "chain", "seq", "hash")


def to_json(entry: Entry) -> dict[str, Any]:
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": _instant(entry.at),
        "event": entry.event,
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
        "source": entry.source,
        "subject": entry.subject,
        "facts": _facts(entry.facts),
        "hash": _hex(entry.hash),
    }


def to_csv(entry: Entry) -> list[str]:
    """In the order of `COLUMNS`."""
    shown = entry._replace(at=_instant(entry.at), hash=_hex(entry.hash))  # type: ignore[arg-type]
    return [harmless(str(getattr(shown, name))) for name in COLUMNS]


# SQLite keeps what it is given, whatever the column's type: a row that somebody has spoilt is shown as far as it can be
# read, and closes no list. `verify` says that it is spoilt.


def _facts(text: object) -> Any:
    try:
        return json.loads(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return {"unreadable": True}


def _instant(at: object) -> str:
    return rfc3339(at) if isinstance(at, int) else str(at)


def _hex(digest: object) -> str:
    return digest.hex() if isinstance(digest, bytes) else str(digest)
