"""What a room refuses, with the place in the document that it is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from idp.configurations.model import Refused
from idp.kit.errors import Conflict, FieldError, Invalid, NotFound


def faults_of(failure: Invalid | Conflict, place: str) -> list[FieldError]:
    if not failure.errors:
        return [FieldError(place, failure.code, failure.public, None, dict(failure.members) or None)]
    return [each._replace(pointer=f"{place}{each.pointer}") for each in failure.errors]


@contextmanager
def placed(place: str, name: str = "") -> Iterator[None]:
    """What is refused in here is refused there."""
    try:
        yield
    except (Invalid, Conflict) as failure:
        faults = faults_of(failure, place)
        raise Refused([each._replace(found=each.found or name or None) for each in faults]) from failure
    except NotFound as failure:
        detail = f"There is no {failure.detail or 'such thing'} any more."
        raise Refused([FieldError(place, failure.code, detail, name or None)]) from failure
