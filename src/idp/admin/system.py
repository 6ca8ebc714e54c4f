"""The installation itself."""

from idp import __version__, contracts, delivery, signing, users
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR
from idp.admin.routes import Route
from idp.admin.shapes.system import System
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.revisions import schema_revision


def shown(call: Call) -> Answer:
    """What runs here, how much there is of it, and what waits: what the product calls now, its version, the database
    and its schema, counts, the outbox, and since when the oldest key signs. Nothing of it is a tenant's or a secret."""
    with call.house.units.platform(actor=call.actor, write=False) as unit:
        backlog, ages, counted = delivery.backlog(unit), signing.ages(unit), contracts.counted(unit)
        body = {
            "now": rfc3339(unit.now_us),
            "version": __version__,
            "production": call.house.production,
            "base_url": call.house.base_url,
            "database": {"kind": call.house.units.database.dialect, "schema": schema_revision(unit)},
            "contracts": {status.value: counted.get(status.value, 0) for status in contracts.Status},
            "ids": users.ids_of_all(unit),
            "outbox": {"waiting": backlog.waiting, "oldest_at": _instant(backlog.oldest_at)},
            "signing_keys": {"signing": ages.signing, "oldest_since": _instant(ages.oldest_at)},
        }
    return Answer(200, body)


def _instant(us: int | None) -> str | None:
    return None if us is None else rfc3339(us)


ROUTES = (Route("GET", "/system", shown, rights.read(Noun.SYSTEM, OPERATOR), gives=System),)
