"""Which of the forms that an answer has the caller would rather have (RFC 9110 12.5.1)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idp.admin.errors import NotAcceptable


class _Range(NamedTuple):
    """`worth` is its q, in thousandths."""

    kind: str
    worth: int

    def fits(self, offered: str) -> int:
        """How exactly it names it; 0: not at all."""
        main, _, _ = offered.partition("/")
        return {"*/*": 1, f"{main}/*": 2, offered: 3}.get(self.kind, 0)


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """Of equals the first that is offered. Raises `NotAcceptable`."""
    ranges = list(_ranges(accept or "*/*"))
    best = max(offered, key=lambda each: _worth(each, ranges))
    if _worth(best, ranges) == 0:
        raise NotAcceptable(offered)
    return best


def _worth(offered: str, ranges: Sequence[_Range]) -> int:
    """By the range that names it most exactly."""
    fitting = max(ranges, key=lambda each: each.fits(offered))
    return fitting.worth if fitting.fits(offered) else 0


def _ranges(accept: str) -> Iterator[_Range]:
    for part in accept.split(","):
        kind, *parameters = [word.strip().lower() for word in part.split(";")]
        quality = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
        yield _Range(kind, _thousandths(quality))


def _thousandths(quality: str) -> int:
    try:
        return round(min(max(float(quality), 0), 1) * 1000)
    except ValueError:
        return 0
