"""The installation itself."""

from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR
from idp.admin.routes import Route
from idp.admin.shapes.platform import System
from idp.credentials import Noun
from idp.kit.clock import rfc3339


def shown(call: Call) -> Answer:
    """What the product calls now."""
    now_us = call.house.units.clock.now_us()
    return Answer(200, {"now": rfc3339(now_us)})


ROUTES = (Route("GET", "/system", shown, rights.read(Noun.SYSTEM, OPERATOR), gives=System),)
