"""Instants in documents and queries (RFC 3339)."""

from idp.kit.clock import micros, parse
from idp.kit.fields import Fields

EVER = 2**62


def instant_of(fields: Fields, name: str, *, default: int) -> int:
    """In microseconds. A fault is left in the fields."""
    text = fields.text(name)
    if text is None:
        return default
    try:
        return micros(parse(text))
    except ValueError:
        fields.refuse(name, "invalid_format", "An instant is written as in RFC 3339, with its offset.", found=text)
        return default


def period(fields: Fields) -> tuple[int, int]:
    """`from` and `to`, half-open; left out, without end."""
    since, until = instant_of(fields, "from", default=0), instant_of(fields, "to", default=EVER)
    if fields.clean("from", "to") and since > until:
        fields.refuse("to", "out_of_range", "The end lies before the beginning.")
    return since, until
