"""`idp api-keys create`, `rotate` and `revoke`."""

from pathlib import Path
from typing import Any

from idp.cli.asking import Desk, Document, changing, within
from idp.cli.saying import write_secret


def make(config: Path | None, path: str, document: dict[str, Any], *, file: Path | None, as_json: bool) -> None:
    def act(at: Desk) -> Document:
        made = at.ask("POST", path, document)
        if file is None:
            return made
        write_secret(file, made.pop("secret"))
        return {**made, "file": str(file)}

    changing(config, act, as_json=as_json)


def revoke(config: Path | None, path: str, key: str, *, as_json: bool) -> None:
    def act(at: Desk) -> Document:
        at.ask("DELETE", path + within(key))
        return {"id": key, "revoked": True}

    changing(config, act, as_json=as_json)
