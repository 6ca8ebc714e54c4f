"""Every permission that there is, with what it opens: read off the table of routes itself."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.routes import Handler, Route
from idp.admin.shapes.roles import PermissionShown
from idp.credentials import Noun, Permission

_PATH = "/permissions"


def route(table: Iterable[Route]) -> Route:
    """Of the collection itself, which is in its own list."""
    known: dict[Permission, list[Route]] = defaultdict(list)
    own = Route("GET", _PATH, _listing(known), rights.read(Noun.PERMISSIONS), gives=PermissionShown, pages=True)
    for each in (*table, own):
        known[each.right.permission].append(each)
    return own


def _listing(known: dict[Permission, list[Route]]) -> Handler:
    def listing(call: Call) -> Answer:
        """What roles and keys can be given. A permission is `noun:verb`; `*` stands for every noun or verb, those of
        tomorrow too. None of them gives a secret back: there is no such permission."""
        rows = sorted((str(permission), permission) for permission in known if str(permission) > call.page.after)
        return call.page.answer(
            rows[: call.page.wanted], lambda row: _to_json(row[1], known[row[1]]), lambda row: row[0]
        )

    return listing


def _to_json(permission: Permission, opened: list[Route]) -> dict[str, Any]:
    return {
        "permission": str(permission),
        "noun": str(permission.noun),
        "verb": str(permission.verb),
        "scopes": sorted({scope.value for route in opened for scope in route.right.scopes}),
        "routes": [f"{route.method} {route.path}" for route in opened],
    }
