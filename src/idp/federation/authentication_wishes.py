"""How a service wants people to sign in where its request does not say (OpenID Connect Registration 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.kit.fields import Fields

NAMES = frozenset({"default_acr_values", "default_max_age", "require_auth_time"})

_MOST_CLASSES = 20
_LONGEST_CLASS = 200
_LONGEST_AGE = 10 * 366 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationWishes:
    """`default_max_age` in seconds. An ID token says when its person signed in, whether that was required or not."""

    default_acr_values: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False

    def to_json(self) -> dict[str, Any]:
        """Only what was registered."""
        shown: dict[str, Any] = {}
        if self.default_acr_values:
            shown["default_acr_values"] = list(self.default_acr_values)
        if self.default_max_age is not None:
            shown["default_max_age"] = self.default_max_age
        return {**shown, "require_auth_time": True} if self.require_auth_time else shown

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "AuthenticationWishes":
        return cls(
            default_acr_values=tuple(document.get("default_acr_values", ())),
            default_max_age=document.get("default_max_age"),
            require_auth_time=document.get("require_auth_time", False),
        )


def read(fields: Fields) -> AuthenticationWishes:
    """Worth something only if the fields stayed clean."""
    classes = fields.texts("default_acr_values", most=_MOST_CLASSES, longest=_LONGEST_CLASS) or {}
    for index, name in classes.items():
        if not name.isprintable() or " " in name:
            detail = "An authentication context class is one word."
            fields.refuse(f"default_acr_values/{index}", "invalid_text", detail, found=name)
    age = fields.number("default_max_age", default=-1, lowest=0, highest=_LONGEST_AGE)
    return AuthenticationWishes(
        default_acr_values=tuple(dict.fromkeys(classes.values())),
        default_max_age=None if age < 0 else age,
        require_auth_time=fields.flag("require_auth_time", default=False),
    )
