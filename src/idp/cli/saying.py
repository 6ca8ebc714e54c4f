"""Standard output: JSON for programs, plain lines for pipes and people."""

import json
import os
import sys
from pathlib import Path


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def say_json(value: object) -> None:
    say(json.dumps(value, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2))


def write_secret(path: Path, secret: str) -> None:
    """Complete or not there at all, and for its owner's eyes only."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(handle, 0o600)
        os.write(handle, secret.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    aside.replace(path)
