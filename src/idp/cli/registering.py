"""`idp services register`."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from idp.cli.asking import print_one, within
from idp.cli.failing import Failed


class Wishes(NamedTuple):
    name: str | None
    redirect_uris: list[str]
    metadata_file: Path | None
    metadata_url: str | None
    everybody: bool
    file: Path | None


def register(config: Path | None, tenant: str, wishes: Wishes, *, as_json: bool) -> None:
    document = read_document(wishes.file) if wishes.file else _document(wishes)
    print_one(config, "POST", within("tenants", tenant, "services"), document, as_json=as_json)


def read_document(file: Path) -> dict[str, Any]:
    """Raises `Failed` unless it is one JSON object."""
    text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Failed(f"{file} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Failed(f"{file} is not a JSON object")
    return document


def _document(wishes: Wishes) -> dict[str, Any]:
    common: dict[str, Any] = {"name": wishes.name}
    if wishes.everybody:
        common["assignment_required"] = False
    if wishes.redirect_uris:
        return {**common, "protocol": "oidc", "oidc": {"redirect_uris": wishes.redirect_uris}}
    if wishes.metadata_file is not None:
        xml = wishes.metadata_file.read_text("utf-8")
        return {**common, "protocol": "saml", "saml": {"metadata_xml": xml}}
    return {**common, "protocol": "saml", "saml": {"metadata_url": wishes.metadata_url}}
