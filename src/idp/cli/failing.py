"""What went wrong, as one sentence for an operator."""

from idp.access import DatabaseRefused
from idp.backup import BackupRefused
from idp.kit.errors import Failure
from idp.kit.fence import FenceDamaged
from idp.kit.sealing import KeyRefused
from idp.settings import SettingsRefused


class Failed(Exception):
    """A command cannot do what it was asked; the message says why and what would help."""


_SAID = (SettingsRefused, DatabaseRefused, BackupRefused, FenceDamaged, Failed, Failure, OSError)


def sentence(error: Exception) -> str | None:
    """None for a fault of ours, which deserves its traceback."""
    if isinstance(error, KeyRefused):
        return f"IDP_MASTER_KEY_FILE: {error}"
    origin = type(error).__module__.partition(".")[0]
    if origin in {"sqlalchemy", "psycopg", "sqlite3"}:
        said = getattr(error, "orig", None) or error
        return f"IDP_DATABASE_URL: the database does not answer: {' '.join(str(said).split())}"
    if isinstance(error, _SAID) or origin == "alembic":
        return str(error)
    return None
