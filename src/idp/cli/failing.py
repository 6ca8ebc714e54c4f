"""What went wrong, as one sentence for an operator."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from idp.access import DatabaseRefused
from idp.backup import BackupRefused
from idp.cli.saying import warn
from idp.kit.errors import Failure
from idp.kit.fence import FenceDamaged
from idp.kit.sealing import KeyRefused
from idp.settings import SettingsRefused


def tell(error: Exception, *, as_json: bool) -> bool:
    """On standard error; whether there was a sentence for it. With `--json` a problem (RFC 9457) in one line."""
    told = sentence(error)
    if told is None:
        return False
    if as_json:
        told = json.dumps(_problem(error, told), ensure_ascii=False)
    warn(told if as_json else f"idp: {told}")
    return True


def _problem(error: Exception, told: str) -> dict[str, Any]:
    """`errors` as the API has them, with the `line` and `column` of a file where one is meant."""
    if isinstance(error, Failed):
        return {"code": error.code, "detail": told, **({"errors": error.errors} if error.errors else {})}
    if not isinstance(error, Failure):
        return {"code": "failed", "detail": told}
    fields = [each.to_json() for each in error.errors]
    return {"code": error.code, "detail": error.public, **error.members, **({"errors": fields} if fields else {})}


class Failed(Exception):
    """A command cannot do what it was asked; the message says why and what would help. `code` and `errors` are for
    programs."""

    def __init__(self, why: str, *, code: str = "failed", errors: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__(why)
        self.code = code
        self.errors = [dict(each) for each in errors]


def no_tenant(slug: str) -> Failed:
    return Failed(f"there is no tenant {slug}", code="not_found")


_SAID = (SettingsRefused, DatabaseRefused, BackupRefused, FenceDamaged, Failed, OSError)


def sentence(error: Exception) -> str | None:
    """None for a fault of ours, which deserves its traceback."""
    if isinstance(error, KeyRefused):
        return f"IDP_MASTER_KEY_FILE: {error}"
    origin = type(error).__module__.partition(".")[0]
    if origin in {"sqlalchemy", "psycopg", "sqlite3"}:
        said = getattr(error, "orig", None) or error
        return f"IDP_DATABASE_URL: the database does not answer: {' '.join(str(said).split())}"
    if isinstance(error, Failure):
        return _failure(error)
    if isinstance(error, _SAID) or origin == "alembic":
        return str(error)
    return None


def _failure(error: Failure) -> str:
    faults = "; ".join(f"{each.pointer}: {each.detail}" for each in error.errors if each.detail != error.public)
    return f"{error.public} ({error.code})" + (f" {faults}" if faults else "")
