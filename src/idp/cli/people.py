"""`idp users create`."""

import sys
from pathlib import Path
from typing import NamedTuple

from idp.cli.asking import Desk, Document, changing, within


class NewPerson(NamedTuple):
    """What was said; None where nothing was. The password stands in a file: a command line is for all to see."""

    display_name: str
    affiliation: str
    user_name: str | None
    email: str | None
    roles: list[str] | None
    password_file: Path | None


def make(config: Path | None, tenant: str, person: NewPerson, *, invite: bool, as_json: bool) -> None:
    document = {name: value for name, value in person._asdict().items() if value and name != "password_file"}
    if person.password_file is not None:
        document["password"] = _read(person.password_file)

    def act(at: Desk) -> Document:
        made = at.ask("POST", within("tenants", tenant, "users"), document)
        if invite:
            made["invitation"] = at.ask("POST", within("tenants", tenant, "users", made["id"], "invitation"))
        return made

    changing(config, act, as_json=as_json)


def _read(path: Path) -> str:
    """The first line of it."""
    text = sys.stdin.readline() if str(path) == "-" else path.read_text("utf-8")
    return text.splitlines()[0] if text else ""
