"""The one form in which a path may be written, and the grammar of a tenant's slug.

A proxy in front and the dispatcher behind must never read the same bytes as two different paths, so whatever another
program might decode, collapse or cut is refused instead of repaired (Keycloak CVE-2026-0976 is of this family).
"""

import re

# Escapes are allowed only for printable characters that cannot stand in a path as themselves or mean something in it.
# Everything else has a plain form, or none: %2E %2F %5C %25 %3B, controls, unreserved characters, all beyond ASCII, and
# hexadecimal in lower case.
_ESCAPE = rb"%(?:2[0-46-9A-C]|3[AC-F]|40|5[BDE]|60|7[BCD])"
_CHARACTER = rb"(?:[A-Za-z0-9_~!$&'()*+,=:@-]|" + _ESCAPE + rb")"
# Dots stand alone inside a segment or before it (`.well-known`): never two together, never at the end.
_SEGMENT = rb"\.?" + _CHARACTER + rb"+(?:\." + _CHARACTER + rb"+)*"
_NORMAL = re.compile(rb"/(?:" + _SEGMENT + rb"(?:/" + _SEGMENT + rb")*/?)?")

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_normal(raw_path: bytes) -> bool:
    """Whether the path, as it came over the wire and without its query, is in the one form that is answered."""
    return _NORMAL.fullmatch(raw_path) is not None


# Ours, where operators sign in: no tenant can be called so, for a name begins with a letter or a digit.
PLATFORM = "-"


def is_slug(text: str) -> bool:
    """Of a tenant, or our own."""
    return text == PLATFORM or _SLUG.fullmatch(text) is not None


def split_tenant(path: str) -> tuple[str, str] | None:
    """`/t/aoba/token` -> (`aoba`, `/token`), `/t/aoba` -> (`aoba`, ``), None elsewhere; the slug is not judged."""
    if not path.startswith("/t/"):
        return None
    slug, slash, rest = path[3:].partition("/")
    return slug, slash + rest
