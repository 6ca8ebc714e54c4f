"""`idp settings`."""

from idp import settings
from idp.cli.saying import say, say_json


def print_reference(*, as_json: bool) -> None:
    settings.refuse_other_clock()
    described = settings.reference()
    if as_json:
        say_json(described)
        return
    for name, each in described.items():
        say(f"{name}={each['default']}", f"    {each['meaning']}")
