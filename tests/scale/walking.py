"""A walk through every list that the description of the API has: each filter, each order, each search, to the end."""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx2

PROMISED = 0.3  # seconds for a page
_AGAIN = 4  # times, where it took longer: somebody else may have had the machine
_DEEPEST = 600  # pages
_MANY = 200
_FOUND = ("q", "email", "group", "sort")  # come in an order of their own


@dataclass
class Walk:
    """Of one caller. `names` stand for the names in paths; a list that they do not suffice for is a failure."""

    base: str
    bearer: str
    names: dict[str, str]
    description: dict[str, Any]
    took: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    unwalked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        headers = {"authorization": f"Bearer {self.bearer}"}
        self._client = httpx2.Client(base_url=f"{self.base}", headers=headers, timeout=60, trust_env=False)

    def __enter__(self) -> "Walk":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def lists(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, methods in sorted(self.description["paths"].items()):
            if any(each.get("name") == "cursor" for each in methods.get("get", {}).get("parameters", ())):
                yield path, methods["get"]

    def go(self, *, only: str = "") -> None:
        for path, operation in self.lists():
            ours = path.startswith("/api/v1/system/")
            place = path.format_map(_Marked(self.names, "system " if ours else ""))
            if "?" in place:
                self.unwalked.append(path)
            elif only in path:
                self._walk(path, place, operation)

    def _walk(self, path: str, place: str, operation: dict[str, Any]) -> None:
        first = self._page(path, place, {})
        if first is None:
            return
        self._to_the_end(path, place, {"limit": _MANY})
        for query in queries(operation, first["items"], self.names):
            page = self._page(path, place, {**query, "limit": _MANY})
            if page is not None and page["next"]:
                self._page(path, place, {**query, "limit": _MANY, "cursor": page["next"]})

    def _to_the_end(self, path: str, place: str, query: dict[str, Any]) -> None:
        cursor: dict[str, Any] = {}
        for _ in range(_DEEPEST):
            page = self._page(path, place, {**query, **cursor})
            if page is None or page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def _page(self, path: str, place: str, query: dict[str, Any]) -> Any:
        """None where the caller may not see the list."""
        asked = f"{place}?{urlencode(query)}" if query else place
        best = None
        for _ in range(_AGAIN):
            begun = time.perf_counter()
            reply = self._client.get(asked)
            spent = time.perf_counter() - begun
            if reply.status_code in (403, 404):
                return None
            assert reply.status_code == 200, (asked, reply.text)
            best = spent if best is None else min(best, spent)
            if best < PROMISED / 2:
                break
        assert best is not None
        shown = {name: "…" if name == "cursor" else value for name, value in query.items()}
        self.took[path].append((best, "&".join(f"{name}={value}" for name, value in shown.items())))
        return reply.json()


class _Marked(dict[str, str]):
    def __init__(self, names: dict[str, str], mark: str) -> None:
        super().__init__({name.removeprefix(mark): each for name, each in names.items() if name.startswith(mark)})

    def __missing__(self, name: str) -> str:
        return f"?{name}"


def queries(operation: dict[str, Any], items: list[Any], names: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every order, every filter by all its words or by what the items have or is called so, and each of them with each
    other."""
    parameters = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
    asked = {name: list(_values(name, schema, items, names)) for name, schema in parameters.items()}
    for name in ("limit", "cursor"):
        asked.pop(name, None)
    for name, values in asked.items():
        yield from ({name: value} for value in values)
    for search in asked.get("q", []):
        for name, values in asked.items():
            if name not in ("q", "sort"):
                yield from ({"q": search, name: value} for value in values[:2])
        yield {"q": search, "sort": "-" + str(parameters["sort"]["default"])}
    for order in asked.get("sort", []):
        for name, values in asked.items():
            if name not in _FOUND:
                yield from ({name: value, "sort": order} for value in values[:2])


def _values(name: str, schema: dict[str, Any], items: list[Any], names: dict[str, str]) -> Iterator[str]:
    if schema["type"] == "boolean":
        yield from ("true", "false")
    elif "enum" in schema:
        yield from schema["enum"]
    elif name == "q":
        said = next((str(item[each]) for item in items for each in _NAMES if item.get(each)), "a")
        yield from dict.fromkeys((said[:1], said[:3], said, "nothing is called so", "user0", "利用者", "サ"))
    else:
        here = {str(_inside(item, name)) for item in items} - {"None", ""}
        known = [names[name]] if name in names else []
        yield from [
            *dict.fromkeys([*known, *sorted(here)[:2]]),
            *schema.get("examples", ["2026-04-01T00:00:00Z"] if name in ("from", "to") else []),
        ]


def _inside(item: Any, name: str) -> Any:
    found = item.get(name, item.get({"partner": "id", "group": "id"}.get(name, "")))
    return found if isinstance(found, str) else None


_NAMES = ("user_name", "name", "slug", "legal_name", "title", "version")
