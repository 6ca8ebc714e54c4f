"""`idp api`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl

from idp import admin
from idp.cli.asking import house, pairs, print_document
from idp.cli.registering import read_document


def call(
    config: Path | None, method: str, path: str, *, data: Path | None, query: Sequence[str], as_json: bool
) -> None:
    """What is no JSON is written as it is."""
    document = read_document(data) if data is not None else ({} if method in {"POST", "PUT", "PATCH"} else None)
    path, _, written = path.partition("?")
    asked = {**dict(parse_qsl(written, keep_blank_values=True)), **pairs(query, "--query")}
    with house(config) as inside:
        reply = admin.ask(inside, method, path, document=document, query=asked)
        if isinstance(reply, admin.Answer):
            if reply.body is not None:
                print_document(reply.body, as_json=as_json)
            return
        for part in [reply.content] if isinstance(reply, admin.File) else reply.parts:
            sys.stdout.buffer.write(part)
