"""How far long work has come: a line that rewrites itself on a terminal, a few plain ones in a pipe."""

import sys


class Progress:
    def __init__(self) -> None:
        self._tenths = -1

    def show(self, done: int, of: int, what: str) -> None:
        watched = sys.stdout.isatty()
        tenths = done * 10 // of
        if not watched and tenths == self._tenths:
            return
        self._tenths = tenths
        line = f"{done:,} of {of:,} {what}"
        sys.stdout.write(
            f"\r\x1b[2K{line}" if watched and done < of else f"\r\x1b[2K{line}\n" if watched else f"{line}\n"
        )
        sys.stdout.flush()
