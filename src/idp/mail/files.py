"""Letters as files, where there is no mail server: for the demonstration, and to look at."""

import os
from email.message import EmailMessage
from pathlib import Path


class Files:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def deliver(self, message: EmailMessage, name: str, *, until: float) -> None:  # noqa: ARG002 - a file takes no time
        """As `NAME.eml`, whole or not at all; a letter that comes again is the same file."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self._directory / f".{name}.{os.getpid()}"
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        half.rename(self._directory / f"{name}.eml")
