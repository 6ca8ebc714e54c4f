"""What the columns of a file mean, and the document of an ID that a row stands for."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import shortened
from idp.users import AttributeType, Definition

_NEEDED = ("user_name", "affiliation")
_PLAIN = (
    "user_name",
    "display_name",
    "email",
    "affiliation",
    "locale",
    "status",
    "valid_from",
    "valid_until",
    "password",
)
_CLAIMS = (
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "phone_number",
)
_FLAGS = ("email_verified", "phone_number_verified")
_ADDRESS = tuple(
    f"address_{part}" for part in ("formatted", "street_address", "locality", "region", "postal_code", "country")
)
_OWN = "attributes."
COLUMNS = (*_PLAIN, "roles", "groups", *_CLAIMS, *_FLAGS, *_ADDRESS)
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_BOOLEANS = {"true": True, "false": False}


def check(header: Iterable[str], own: Collection[str] = ()) -> tuple[str, ...]:
    """The columns of the file, in their order; `own` are the names of the tenant's attributes. Raises `Invalid` with
    every one that is unknown, doubled or missing."""
    names = tuple(name.strip() for name in header)
    known = [*COLUMNS, *(_OWN + name for name in own)]
    wrong = [
        _refused(name, "unknown_field", "There is no such column.", expected=known)
        for name in dict.fromkeys(names)
        if name not in known
    ]
    wrong += [
        _refused(name, "repeated", "The column is there more than once.")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    wrong += [_refused(name, "required", "The column is needed.") for name in _NEEDED if name not in names]
    if wrong:
        raise Invalid("invalid", "The header of the file is wrong.", errors=wrong)
    return names


def document(cells: Mapping[str, str], definitions: Iterable[Definition] = ()) -> dict[str, Any]:
    """As a patch (RFC 7396) of the document of an ID, without its password: what has no column is not in it, and an
    empty cell is null. Groups are by name."""
    said: dict[str, Any] = {name: cells[name] or None for name in _PLAIN if name in cells and name != "password"}
    if "display_name" in cells:
        said["display_name"] = cells["display_name"] or shown_name(cells)
    for name, parted in (("roles", cells.get("roles", "").split()), ("groups", names_in(cells.get("groups", "")))):
        if name in cells:
            said[name] = parted or None
    claims: dict[str, Any] = {name: cells[name] or None for name in _CLAIMS if name in cells}
    claims |= {name: _flag(cells[name]) for name in _FLAGS if name in cells}
    address = {name.removeprefix("address_"): cells[name] or None for name in _ADDRESS if name in cells}
    if address:
        claims["address"] = address
    own = {each.name: _value(each, cells[_OWN + each.name]) for each in definitions if _OWN + each.name in cells}
    return said | ({"claims": claims} if claims else {}) | ({"attributes": own} if own else {})


def shown_name(cells: Mapping[str, str]) -> str | None:
    """What an ID is called where no display name is said."""
    parts = (cells.get("family_name", ""), cells.get("given_name", ""))
    return " ".join(part for part in parts if part) or cells["user_name"] or cells.get("email") or None


def names_in(cell: str) -> list[str]:
    """Of groups, which semicolons part."""
    return [name for name in (part.strip() for part in cell.split(";")) if name]


def column_of(pointer: str) -> str:
    """Which column a fault in the document is to be looked for in."""
    words = pointer.strip("/").split("/")
    if words[0] == "attributes":
        return _OWN + words[1]
    if words[0] != "claims":
        return words[0]
    return "_".join(words[1:3]) if words[1:2] == ["address"] else words[1]


def _value(definition: Definition, cell: str) -> object:
    """What is not as its type wants it is left for the reader of the document to refuse."""
    if definition.type is AttributeType.BOOLEAN:
        return _flag(cell)
    if definition.type is AttributeType.STRINGS:
        return names_in(cell) or None
    if definition.type is AttributeType.INTEGER and _INTEGER.fullmatch(cell):
        return int(cell)
    return cell or None


def _flag(cell: str) -> object:
    """What is neither true nor false is left for the reader of the document to refuse."""
    return _BOOLEANS.get(cell.lower(), cell or None)


def _refused(name: str, code: str, detail: str, *, expected: object = None) -> FieldError:
    pointed = name[:100].replace("~", "~0").replace("/", "~1")
    return FieldError(f"/{pointed}", code, detail, shortened(name), expected)
