"""Reads a document member by member and remembers every fault, so that whoever sent it learns all of them at once."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from idp.kit.errors import FieldError, Invalid

E = TypeVar("E", bound=StrEnum)

# Control characters, those that turn the direction of text or take no space, fillers that stand for nothing, and what
# is no character: a name must look like what it is (a consent page shows it to a person who decides by it). Selectors
# of variants are not among them: Japanese names are written with them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_SHOWN_AT_MOST = 200


def shortened(found: object) -> object:
    """What was found, short enough to send back."""
    if isinstance(found, str) and len(found) > _SHOWN_AT_MOST:
        return found[:_SHOWN_AT_MOST] + "…"
    return found if isinstance(found, (str, bool, int, float)) else None


def merged(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396: null takes away, objects are merged, everything else replaces."""
    result = dict(document)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            kept = result.get(name)
            result[name] = merged(kept if isinstance(kept, Mapping) else {}, value)
        else:
            result[name] = value
    return result


class Fields:
    """A member that is null counts as left out (RFC 7592 2.2). Wrong ones give their default, and are remembered."""

    def __init__(self, document: Mapping[str, object], *, at: str = "", errors: list[FieldError] | None = None) -> None:
        """`at` is where the document stands in the body (RFC 6901); `errors` are those of the whole body."""
        self._document = document
        self._at = at
        self.errors: list[FieldError] = [] if errors is None else errors

    def refuse(self, path: str, code: str, detail: str, *, found: object = None, expected: object = None) -> None:
        """`path` is a member's name, or name and index joined by a slash."""
        self.errors.append(FieldError(f"{self._at}/{path}", code, detail, shortened(found), expected))

    def clean(self, *names: str) -> bool:
        """Whether nothing was wrong with these so far: what depends on them can be judged."""
        mine = {f"{self._at}/{name}" for name in names}
        return not any(e.pointer in mine or e.pointer.rpartition("/")[0] in mine for e in self.errors)

    def finish(self) -> None:
        """Raises `Invalid` with every fault, if there was one."""
        if self.errors:
            raise Invalid("invalid", "Some fields are wrong.", errors=self.errors)

    @property
    def at(self) -> str:
        """Where the document stands in the body (RFC 6901)."""
        return self._at

    @property
    def members(self) -> Mapping[str, object]:
        """As they were sent, right or wrong."""
        return self._document

    def given(self, name: str) -> object | None:
        return self._document.get(name)

    def required(self, name: str, *, expected: object = "a value") -> None:
        if self._document.get(name) is None:
            self.refuse(name, "required", f"{name} is needed.", expected=expected)

    def inner(self, name: str) -> "Fields":
        """The members of a member, which is an object; none where it is left out."""
        value = self.given(name)
        if value is not None and not isinstance(value, Mapping):
            self.refuse(name, "invalid_type", f"{name} must be an object.", found=value, expected="object")
            value = None
        return Fields(value or {}, at=f"{self._at}/{name}", errors=self.errors)

    def only(self, known: Iterable[str], unbuilt: frozenset[str] = frozenset()) -> None:
        """Refuses members that have no meaning here (mass assignment), and those that have one elsewhere."""
        for name in sorted(self._document.keys() - set(known)):
            path = name.replace("~", "~0").replace("/", "~1")  # RFC 6901 3
            base, in_a_language, _ = name.partition("#")  # RFC 7591 2.2
            if base in unbuilt or (in_a_language and base in known):
                self.refuse(path, "not_supported", f"{name} is not supported.")
            else:
                self.refuse(path, "unknown_field", f"{name} is not a field of this document.")

    def text(self, name: str, *, longest: int = 200, lines: bool = False) -> str | None:
        """Text for people to read: no control characters (`lines` allows line ends), none that hide or turn others."""
        value = self.given(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(name, "invalid_type", f"{name} must be a string.", found=value, expected="string")
        elif not value.strip() or len(value) > longest:
            self.refuse(name, "invalid_length", f"{name} must have 1 to {longest} characters.", found=value)
        elif _UNSEEN.search(value.replace("\r\n", "").replace("\n", "") if lines else value):
            self.refuse(name, "invalid_text", f"{name} contains characters that cannot be seen.")
        else:
            return value
        return None

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.given(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.refuse(name, "invalid_type", f"{name} must be true or false.", found=value, expected="boolean")
        return default

    def number(self, name: str, *, default: int, lowest: int, highest: int) -> int:
        value = self.given(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, "invalid_type", f"{name} must be a whole number.", found=value, expected="integer")
        elif not lowest <= value <= highest:
            bounds = {"minimum": lowest, "maximum": highest}
            self.refuse(name, "out_of_range", f"{name} must be {lowest} to {highest}.", found=value, expected=bounds)
        else:
            return value
        return default

    def texts(self, name: str, *, most: int, longest: int) -> dict[int, str] | None:
        """The strings of an array by their index; None when it is left out or no array. Wrong items are left out."""
        value = self.given(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.refuse(name, "invalid_type", f"{name} must be an array of strings.", found=value, expected="array")
            return None
        if len(value) > most:
            self.refuse(name, "too_many", f"{name} takes at most {most} entries.", found=len(value), expected=most)
            return {}
        right = {}
        for index, item in enumerate(value):
            if isinstance(item, str) and 0 < len(item) <= longest:
                right[index] = item
            else:
                detail = f"Entries of {name} are strings of 1 to {longest} characters."
                self.refuse(f"{name}/{index}", "invalid_type", detail, found=item, expected="string")
        return right

    def objects(self, name: str, *, most: int) -> "dict[int, Fields] | None":
        """The objects of an array by their index; None when it is left out or no array. Wrong items are left out."""
        value = self.given(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > most:
            detail = f"{name} must be an array of at most {most} objects."
            self.refuse(name, "invalid_type", detail, found=value, expected="array")
            return None
        right = {}
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                right[index] = Fields(item, at=f"{self._at}/{name}/{index}", errors=self.errors)
            else:
                detail = f"Entries of {name} are objects."
                self.refuse(f"{name}/{index}", "invalid_type", detail, found=item, expected="object")
        return right

    def choice(self, name: str, words: type[E], unbuilt: frozenset[str], *, default: E) -> E:
        value = self.given(name)
        if value is None:
            return default
        return self._word(name, value, words, unbuilt) or default

    def choices(
        self,
        name: str,
        words: type[E],
        unbuilt: frozenset[str],
        *,
        spelt: Callable[[str], str | None] = str,
    ) -> frozenset[E] | None:
        """A set of words from an array; None when it is left out. `spelt` gives the word that an item stands for."""
        items = self.texts(name, most=20, longest=200)
        if items is None:
            return None
        found = {self._word(f"{name}/{index}", spelt(item) or item, words, unbuilt) for index, item in items.items()}
        return frozenset(word for word in found if word is not None)

    def _word(self, path: str, value: object, words: type[E], unbuilt: frozenset[str]) -> E | None:
        expected = [word.value for word in words]
        if not isinstance(value, str):
            self.refuse(path, "invalid_type", "A string is expected.", found=value, expected=expected)
        elif value in expected:
            return words(value)
        elif value in unbuilt:
            self.refuse(path, "not_supported", f"{value} is not supported.", found=value, expected=expected)
        else:
            self.refuse(path, "unknown_value", "This value is not known.", found=value, expected=expected)
        return None
