"""The people of a partner: accounts that sign in at our own issuer, and use this API in the partner's name."""

from idp import contracts, credentials, partners, users
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR, WITH_PARTNER
from idp.admin.routes import Route
from idp.admin.shapes.users import NewPartnerPerson, User
from idp.admin.users import check_grant
from idp.credentials import Noun
from idp.kit.fields import Fields
from idp.users import UserId

_MEMBERS = ("user_name", "display_name", "email", "roles", "locale")


def create(call: Call) -> Answer:
    """Give one of the partner's people an account; a letter lets them choose their password.

    An `admin` may do everything that the partner may, everybody else reads. The account is changed like every other of
    ours, under `/system/users`.
    """
    fields = Fields(call.document)
    fields.only(_MEMBERS)
    fields.required("display_name")
    fields.required("email")
    fields.finish()
    partner = call.names["partner"]
    with call.house.units.open(call.home, actor=call.actor) as unit:
        draft = users.read({**call.document, "affiliation": "employee"}, users.frame(unit))
        check_grant(call, had=frozenset(), gets=draft)
        identity = users.create(unit, draft, limit=contracts.seats(unit))
        partners.employ(unit, partner, identity.id)
        credentials.invite(unit, identity.id)
        where = f"/partners/{partner}/users/{identity.id}"
        return call.done(unit, users.to_json(identity), status=201, version=identity.version, location=where)


def listing(call: Call) -> Answer:
    """The partner's people in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = partners.people_of(unit, call.names["partner"], after=call.page.after, limit=call.page.wanted)
        people = users.find_each(unit, [person.user_id for person in found])
        rows = [people[person.user_id] for person in found]
        return call.page.answer(rows, users.to_json, lambda identity: identity.id)


def shown(call: Call) -> Answer:
    """One of them."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        partners.refuse_others(unit, call.names["partner"], call.names["user"])
        identity = users.get(unit, UserId(call.names["user"]))
        return call.shown(users.to_json(identity), version=identity.version)


_MANY = "/partners/{partner}/users"
_READ = rights.read(Noun.USERS, WITH_PARTNER)

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        rights.write(Noun.USERS, OPERATOR),
        takes=NewPartnerPerson,
        gives=User,
        status=201,
        versioned=True,
        conflicts=("user_name_taken",),
    ),
    Route("GET", _MANY, listing, _READ, gives=User, pages=True),
    Route("GET", f"{_MANY}/{{user}}", shown, _READ, gives=User, versioned=True),
)
