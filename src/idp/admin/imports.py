"""IDs of a tenant, from a file."""

import io

from idp import imports
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.queries import flag
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.shapes.users import ImportReport
from idp.credentials import KeyScope, Noun
from idp.imports import Encoding, Order, Report
from idp.kit.units import Unit

_CSV = "text/csv"


def from_file(call: Call) -> Answer:
    """Make and change IDs from a CSV file.

    The first line names the columns; `user_name` and `affiliation` are needed. A row whose user name nobody has makes
    an ID, any other changes the one that has it: a column that is not there leaves what there is, an empty cell takes
    it away. Groups are by name, parted by semicolons, and need `members:write` besides; roles are parted by spaces; a
    `password` counts for new IDs alone.
    The file is UTF-8, or Windows-31J where `charset=shift_jis` says so, of at most 10 MiB; `idp users import` takes
    larger ones. What is wrong with a row is told and stops no other one, unless `all_or_nothing=true`: then nothing is
    made or changed if anything is wrong, and the file has at most 2,000 rows. A request that was interrupted is sent
    again, and goes on where it was.
    """
    assert call.sent is not None
    house = call.house
    order = Order(
        Encoding.UTF_8 if call.sent.charset == "utf-8" else Encoding.SHIFT_JIS,
        lambda passwords: [house.passwords.hash(each) for each in passwords],
        granting=call.key.granting,
        joining=rights.allows(rights.JOINING, call.key),
        hands=call.key.hands,
        preparing=call.key.scope is not KeyScope.TENANT,
        dry_run=flag(call, "dry_run"),
        invite=flag(call, "invite"),
        whole=flag(call, "all_or_nothing"),
    )
    kept: list[Answer] = []

    def keep(unit: Unit, report: Report) -> None:
        kept.append(call.done(unit, imports.to_json(report)))

    file = io.BytesIO(call.sent.body)
    report = imports.run(house.units, call.home, file, order, actor=call.actor, at_end=keep)
    if not kept:  # it was tried, and nothing has changed
        with house.units.open(call.home, actor=call.actor, write=call.repeat is not None) as unit:
            keep(unit, report)
    return kept[0]


ROUTES = (
    Route(
        "POST",
        "/tenants/{tenant}/users/import",
        from_file,
        rights.write(Noun.USERS, WITH_TENANT, Partners.PREPARE),
        takes_file=_CSV,
        gives=ImportReport,
        filters={
            "all_or_nothing": "`true`: unless every row is right, none does anything.",
            "dry_run": "`true`: only say what each row would do.",
            "invite": "`true`: send new IDs without a password a link to choose one.",
        },
        conflicts=("contract_not_active", "import_in_progress", "too_many_rows"),
    ),
)
