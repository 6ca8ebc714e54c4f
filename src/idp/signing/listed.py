"""What may be asked of the list of a tenant's signing keys."""

from collections.abc import Iterable
from typing import NamedTuple

from idp.kit.asking import Filter, Words
from idp.kit.listing import Listing, Question, Slice
from idp.signing.keys import Alg, Status, Use
from idp.signing.store import StoredKey


class _Placed(NamedTuple):
    """`id` is its place in the order of making: the names of keys say nothing of that."""

    id: str
    key: StoredKey


LISTED: Listing[StoredKey] = Listing(
    row=_Placed,
    make=lambda _, placed: placed.key,
    filters={
        "use": Filter(takes=Words(Use), meaning="Those for it.", sieve=lambda _, row, wanted: row.key.use == wanted),
        "alg": Filter(takes=Words(Alg), meaning="Those of it.", sieve=lambda _, row, wanted: row.key.alg == wanted),
        "status": Filter(
            takes=Words(Status), meaning="Those that stand so.", sieve=lambda _, row, wanted: row.key.status == wanted
        ),
    },
)


def listed(keys: Iterable[StoredKey], question: Question) -> Slice[StoredKey]:
    rows = (_Placed(f"{key.created_at:020d} {key.kid}", key) for key in keys)
    return LISTED.gathered(None, rows, question)
