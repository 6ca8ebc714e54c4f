"""`idp migrate`."""

from pathlib import Path

from idp import migrate as schema
from idp import settings
from idp.cli.installing import bring_to_head
from idp.cli.saying import say, say_json


def migrate(config: Path | None, *, down: str | None, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    before, after = schema.downgrade(chosen, down) if down else bring_to_head(chosen)
    if as_json:
        say_json({"before": before, "after": after})
    elif before == after:
        say(f"The schema is at {after or 'nothing'} already.")
    else:
        say(f"The schema went from {before or 'nothing'} to {after or 'nothing'}.")
