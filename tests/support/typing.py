"""What a page says to type, and a shell to type it in."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

_END = "-- answered --"
_STEP = re.compile(r"^```bash\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


class Typed(NamedTuple):
    command: str
    answer: str


def typed(markdown: str) -> list[Typed]:
    """Each block of `bash`, pasted as it stands, with the block of `text` that follows at once: what it answers."""
    return [Typed(command.strip(), answer.strip()) for command, answer in _STEP.findall(markdown)]


def agrees(said: str, answer: str) -> bool:
    """Whether the pieces between the ellipses appear in this order; numbers and what is minted are anybody's."""
    position, found = 0, _neutral(answer)
    for piece in _neutral(said).split("…"):
        position = found.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True


def _neutral(text: str) -> str:
    return re.sub(r"\d{10}", "#", re.sub(r"(?<=_)[0-9a-f]{32}", "#", text))


class Shell:
    def __init__(self, home: Path) -> None:
        pipe = subprocess.PIPE
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=home,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def type(self, command: str) -> str:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{command}\necho; echo '{_END}'\n")
        self._bash.stdin.flush()
        return "".join(iter(self._bash.stdout.readline, f"{_END}\n")).strip()

    def close(self) -> None:
        """With all that was left running in it."""
        os.killpg(self._bash.pid, signal.SIGTERM)
        self._bash.communicate(timeout=10)
