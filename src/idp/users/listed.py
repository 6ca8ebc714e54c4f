"""What may be asked of the list of a tenant's IDs."""

from sqlalchemy import and_, bindparam, literal, or_

from idp.kit.asking import Filter, Text, Words, asked
from idp.kit.listing import Listing
from idp.users import belonging, search, store
from idp.users.model import Identity
from idp.users.names import LONGEST
from idp.users.store import UserRow
from idp.users.tables import users
from idp.users.vocabulary import Affiliation, Role, UserStatus

_roles = literal(" ") + users.c.roles + literal(" ")

LISTED: Listing[Identity] = Listing(
    rows=store.EXISTING,
    row=UserRow,
    make=store.opened,
    orders={"changed_at": "changed_at"},
    filters={
        "q": Filter(
            takes=Text("yamada", longest=100),
            meaning="Those whose user name, e-mail address or display name begins with it, or a part of the display "
            "name: in any case and width, katakana like hiragana. They come in the order of creation.",
            finds=search.find,
            keeps=search.matches,
        ),
        "user_name": Filter(
            takes=Text("taro@aoba.example", longest=LONGEST),
            meaning="The one of this name, in any spelling that is the same name.",
            where=users.c.name_mac == asked("user_name"),
            binds=lambda unit, value: {"asked_user_name": store.mac_of_name(unit, value)},
            narrow=True,
        ),
        "email": Filter(
            takes=Text("taro@aoba.example", longest=LONGEST),
            meaning="Those with this e-mail address, in any case. They come in the order of creation.",
            finds=search.find,
            keeps=search.has_address,
            narrow=True,
        ),
        "status": Filter(
            takes=Words(UserStatus),
            meaning="Those of it, by the clock where it is planned.",
            where={
                UserStatus.ACTIVE.value: and_(
                    users.c.status == UserStatus.ACTIVE.value,
                    or_(users.c.stops_at.is_(None), users.c.stops_at > bindparam("status_at")),
                ),
                UserStatus.DISABLED.value: or_(
                    users.c.status == UserStatus.DISABLED.value, users.c.stops_at <= bindparam("status_at")
                ),
            },
            binds=lambda unit, _: {"status_at": unit.now_us},
        ),
        "affiliation": Filter(
            takes=Words(Affiliation), meaning="Those of it.", where=users.c.affiliation == asked("affiliation")
        ),
        "role": Filter(
            takes=Words(Role),
            meaning="Those who have it.",
            where={
                Role.ADMIN.value: users.c.is_admin.is_(True),
                Role.MEMBER.value: _roles.contains(f" {Role.MEMBER.value} "),
            },
        ),
        "group": Filter(
            takes=Text("grp_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4", longest=64),
            meaning="Those who are in this group, by themselves or through groups in it. They come in the order of "
            "creation.",
            where=belonging.within(users.c.id, asked("group")),
            finds=belonging.find,
        ),
    },
)
