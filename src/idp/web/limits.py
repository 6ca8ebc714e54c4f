"""How large a body may be, by where it is sent."""

from collections.abc import Mapping

from idp.web.paths import split_tenant

FORM = 64 * 1024
REQUEST_OBJECT = 256 * 1024
DOCUMENT = 1024 * 1024
SHEET = 10 * 1024 * 1024

_TENANT = "/t/{tenant}"

BODY_LIMITS: Mapping[str, int] = {
    "/": FORM,
    "/api/": DOCUMENT,
    "/api/v1/tenants/{tenant}/users/import": SHEET,
    "/t/{tenant}/par": REQUEST_OBJECT,
    "/t/{tenant}/authorize": REQUEST_OBJECT,
    "/t/{tenant}/bc-authorize": REQUEST_OBJECT,
    "/t/{tenant}/register": REQUEST_OBJECT,
    "/t/{tenant}/saml/": REQUEST_OBJECT,
    "/t/{tenant}/scim/": DOCUMENT,
}
"""Bytes, by the beginning of a path; the longest beginning wins, and `/` is for all that no other names. Where a tenant
is named further on, it is the whole path."""


class BodyLimits:
    def __init__(self, limits: Mapping[str, int]) -> None:
        self._otherwise = limits["/"]
        longest_first = sorted(limits.items(), key=lambda item: len(item[0]), reverse=True)
        self._tenant = [(path.removeprefix(_TENANT), size) for path, size in longest_first if path.startswith(_TENANT)]
        self._fixed = [(path, size) for path, size in longest_first if "{" not in path]
        self._within = [
            (before, after, limits[path])
            for path in limits
            for before, named, after in [path.partition("{tenant}/")]
            if named and not path.startswith(_TENANT)
        ]

    def of(self, path: str) -> int:
        below = split_tenant(path)
        table, rest = (self._fixed, path) if below is None else (self._tenant, below[1])
        for before, after, size in self._within:
            if path.startswith(before) and path[len(before) :].partition("/")[2] == after:
                return size
        for beginning, size in table:
            if rest.startswith(beginning):
                return size
        return self._otherwise
