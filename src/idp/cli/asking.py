"""What commands share that ask what the admin API asks: a house for a moment, pages of a list, how it is printed."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer

from idp import admin, main, settings, users
from idp.cli.bootstrapping import HOST
from idp.cli.columns import told
from idp.cli.failing import Failed
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.saying import say, say_json
from idp.web.house import House

Document = dict[str, Any]
_LARGEST = "200"


class Desk:
    """Where a command asks; answers are as the API gives them."""

    def __init__(self, house: House) -> None:
        self._house = house

    def ask(
        self, method: str, path: str, document: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Document:
        """An empty document where the API says nothing. Raises what it renders as a problem."""
        reply = admin.ask(self._house, method, path, document=document, query=query)
        assert isinstance(reply, admin.Answer)
        return reply.body or {}

    def user(self, tenant: str, named: str) -> str:
        """The path of an ID that is named by its id or by its user name. Raises `NotFound`."""
        if not named.startswith("usr_"):
            home = self.ask("GET", within("tenants", tenant))["id"]
            with self._house.units.open(home, actor=HOST, write=False) as unit:
                found = users.find_by_name(unit, named)
            if found is None:
                raise Failed(f"{tenant} has no ID {named}", code="not_found")
            named = found.id
        return within("tenants", tenant, "users", named)

    def every(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Document]:
        """All items of a list, page after page."""
        cursor: dict[str, str] = {}
        while True:
            page = self.ask("GET", path, query={**(query or {}), "limit": _LARGEST, **cursor})
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}


def within(*names: str) -> str:
    """A path of the API; a name is never more than one part of it."""
    return "".join(f"/{quote(name, safe='')}" for name in names)


@contextmanager
def house(config: Path | None) -> Iterator[House]:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.housed(chosen) as inside:
        refuse_put_back(inside.units)
        yield inside


@contextmanager
def desk(config: Path | None) -> Iterator[Desk]:
    with house(config) as inside:
        yield Desk(inside)


def print_list(
    config: Path | None,
    path: str,
    columns: Iterable[str],
    *,
    where: Sequence[str] | None = None,
    tenant: str | None = None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Item by item: however long the list is, it is never whole in memory. Of JSON it is one document all the same."""
    asked = {**({} if tenant is None else {"tenant": tenant}), **pairs(where, "--where")}
    with desk(config) as at:
        items = islice(at.every(path, asked), limit)
        if as_json:
            _print_items(items)
        else:
            sys.stdout.writelines(f"{line}\n" for line in told(list(columns), items))


def pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """What was said as NAME=VALUE. Raises a usage error."""
    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"found {text!r}, expected NAME=VALUE", param_hint=option)
        found[name] = value
    return found


def print_one(
    config: Path | None, method: str, path: str, document: Mapping[str, Any] | None = None, *, as_json: bool
) -> None:
    with desk(config) as at:
        print_document(at.ask(method, path, document), as_json=as_json)


def print_document(document: Document, *, as_json: bool) -> None:
    if as_json:
        say_json(document)
    else:
        say(*_lines(document))


def changing(config: Path | None, act: Callable[[Desk], Document], *, as_json: bool) -> None:
    """For what takes more than one question."""
    with desk(config) as at:
        print_document(act(at), as_json=as_json)


def _print_items(items: Iterable[Document]) -> None:
    write, before = sys.stdout.write, '{"items": [\n'
    for item in items:  # nothing is written before the first is there: what is refused prints nothing
        write(before + json.dumps(item, ensure_ascii=False))
        before = ",\n"
    write(('{"items": [' if before != ",\n" else "\n") + '], "next": null}\n')
    sys.stdout.flush()


def _lines(document: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    width = max((len(name) for name in document), default=0)
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        elif value not in (None, [], {}):
            yield f"{indent}{name:<{width}}  {_word(value)}"


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_word, value))
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
