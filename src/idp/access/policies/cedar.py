"""Cedar's own parser, validator and evaluator. Imported when the first text is read: most tenants have none."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from idp.access.policies.vocabulary import schema

if TYPE_CHECKING:
    import cedarpy

T = TypeVar("T")
Tree = Mapping[str, Any]

_IN_ERROR = re.compile(r"policy `policy(\d+)`")


class Unreadable(Exception):
    """Why a text is no policy, or none that can be asked: a code and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def tree(text: str) -> Tree:
    """The one policy that a text is (cedar's JSON policy format). What is too deep never comes here: `lexing.fault`.

    Raises `Unreadable`.
    """
    from cedarpy import policies_to_json_str

    written = _called(policies_to_json_str, text)
    document = json.loads(written)
    found: list[Tree] = list(document["staticPolicies"].values())
    if document["templates"] or document["templateLinks"] or len(found) != 1:
        raise Unreadable("one_policy", "A text is exactly one policy, and no template.")
    return {"annotations": {}, **found[0]}


def type_errors(text: str, zones: Iterable[str]) -> list[str]:
    """What the validator has against it, for a text that `tree` could read."""
    from cedarpy import validate_policies

    found = _called(validate_policies, text, _schema(frozenset(zones)))
    return [error.error for error in found.errors] if not found.validation_passed else []


def _called(function: Callable[..., T], *given: object) -> T:
    """Raises `Unreadable` for whatever goes wrong there: a panic is not an `Exception`."""
    try:
        return function(*given)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise Unreadable("invalid_policy", f"This is not a Cedar policy: {error}") from None


@lru_cache(maxsize=64)
def _schema(zones: frozenset[str]) -> "cedarpy.Schema":
    from cedarpy import Schema

    return Schema.from_str(schema(zones))


class Judge:
    """Several texts, parsed once and asked together. Every one has the effect `permit`: see `lexing.judged`."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Raises `Unreadable`."""
        from cedarpy import PolicySet, is_authorized_batch

        self._number = len(texts)
        self._policies = _called(PolicySet.from_str, "\n".join(texts))
        self._ask = is_authorized_batch
        if len(self._policies) != self._number:
            raise Unreadable("one_policy", "A text is exactly one policy.")

    def holds(self, request: dict[str, object], entities: list[dict[str, object]]) -> list[bool | None]:
        """Of each text whether it holds; None where it could not be evaluated. Raises `Unreadable`."""
        (answer,) = _called(self._ask, [request], self._policies, entities)
        held, failed = set(answer.diagnostics.reasons), answer.diagnostics.errors
        named = [_IN_ERROR.search(error) for error in failed]
        if answer.decision.value == "NoDecision" or None in named:
            return [None] * self._number
        errors = {f"policy{match[1]}" for match in named if match}
        ids = [f"policy{number}" for number in range(self._number)]
        return [None if each in errors else each in held for each in ids]
