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
        "at": rfc3339(entry.at),
        "event": entry.event,
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
        "source": entry.source,
        "subject": entry.subject,
        "facts": json.loads(entry.facts),
        "hash": entry.hash.hex(),
    }


def to_csv(entry: Entry) -> list[str]:
    """In the order of `COLUMNS`."""
    shown = entry._replace(at=rfc3339(entry.at), hash=entry.hash.hex())  # type: ignore[arg-type]
    return [harmless(str(getattr(shown, name))) for name in COLUMNS]
