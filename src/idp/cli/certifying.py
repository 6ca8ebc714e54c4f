"""`idp erasure verify`: needs no installation, no database and no network."""

import json
from pathlib import Path
from typing import Any

from idp import erasure, signing
from idp.cli.failing import Failed
from idp.cli.saying import say, say_json
from idp.erasure import Untrue


def verify(file: Path, *, jwks: Path, as_json: bool) -> int:
    """The exit status: 1 when the certificate is not what was signed."""
    document, keys = _read(file), signing.read_jwks(_read(jwks))
    if not isinstance(document, dict):
        raise Failed(f"{file} is no certificate")
    try:
        erasure.verify(document, keys)
    except Untrue as fault:
        if as_json:
            say_json({"ok": False, "problem": str(fault)})
        else:
            say(f"{file}: {fault}")
        return 1
    if as_json:
        say_json({"ok": True, "contract": document["contract"], "erased_at": document["erased_at"]})
    else:
        contract, tenant, at = document["contract"], document["tenant"], document["erased_at"]
        say(f"The certificate holds: contract {contract} of {tenant} was erased at {at}.")
    return 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Failed(f"{path} is not JSON: {error}") from error
