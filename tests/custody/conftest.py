"""Other processes write to the same trails."""

from tests.audit.conftest import process

__all__ = ["process"]
