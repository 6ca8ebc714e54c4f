"""The rules of a tenant as they are kept: the draft set, and every set that was ever put in force."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, NewType

from sqlalchemy import bindparam, delete, func, insert, select, update

from idp.access import policies
from idp.access.policies import Rule
from idp.access.policies.words import Effect
from idp.access.tables import policies as drafts
from idp.access.tables import policy_sets
from idp.kit.asking import Filter, Flag, Text, Words, contains
from idp.kit.db import command, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit

_EVER = 2**62  # the clocks of workers differ: what another one has written is never of the future

PolicyId = NewType("PolicyId", str)

Document = Mapping[str, Any]


class Policy(NamedTuple):
    """One rule of the draft set; `document` is the form or the text as it was sent."""

    id: PolicyId
    document: Document
    version: int
    created_at: int
    changed_at: int


class PolicySet(NamedTuple):
    """Rules that were put in force together, each with its `id` beside what was sent. Instants are microseconds."""

    id: str
    seq: int
    rules: tuple[Document, ...]
    activated_at: int
    confirm_by: int
    confirmed_at: int | None


class _Highest(NamedTuple):
    seq: int | None


def _policy(policy_id: str, document: str, version: int, created_at: int, changed_at: int) -> Policy:
    return Policy(PolicyId(policy_id), json.loads(document), version, created_at, changed_at)


def _set(set_id: str, seq: int, rules: str, activated_at: int, confirm_by: int, confirmed_at: int | None) -> PolicySet:
    return PolicySet(set_id, seq, tuple(json.loads(rules)), activated_at, confirm_by, confirmed_at)


_POLICY = [drafts.c[name] for name in Policy._fields]
_SET = [policy_sets.c[name] for name in PolicySet._fields]

_FIND = query(select(*_POLICY).where(own(drafts), drafts.c.id == bindparam("id")), _policy)
LISTED: Listing[Policy] = Listing(
    rows=select(*_POLICY).where(own(drafts)),
    row=_policy,
    make=lambda _, policy: policy,
    orders={"changed_at": "changed_at"},
    filters={
        "q": Filter(
            takes=Text("night", longest=100),
            meaning="Those in whose name it stands, in any case and width.",
            keeps=lambda policy, wanted: contains(policy.document.get("name", ""), wanted),
        ),
        "effect": Filter(
            takes=Words(Effect),
            meaning="Those of it, of the ones that are written as a form.",
            keeps=lambda policy, wanted: policy.document.get("effect") == wanted,
        ),
        "report_only": Filter(
            takes=Flag(),
            meaning="Those that only report, or those that decide.",
            keeps=lambda policy, wanted: bool(policy.document.get("report_only")) is wanted,
        ),
    },
)
_DRAFT = query(select(*_POLICY).where(own(drafts)).order_by(drafts.c.id), _policy)
_ADD = command(insert(drafts))
_CHANGE = command(
    update(drafts)
    .where(own(drafts), drafts.c.id == bindparam("policy"))
    .values(document=bindparam("new_document"), version=drafts.c.version + 1, changed_at=bindparam("now"))
)
_DELETE = command(delete(drafts).where(own(drafts), drafts.c.id == bindparam("policy")))
_HIGHEST = query(select(func.max(policy_sets.c.seq).label("seq")).where(own(policy_sets)), _Highest)
_ADD_SET = command(insert(policy_sets))
# The newest set alone can be confirmed, while its time runs, and once.
_CONFIRM = command(
    update(policy_sets)
    .where(
        own(policy_sets),
        policy_sets.c.id == bindparam("activation"),
        policy_sets.c.seq == bindparam("newest"),
        policy_sets.c.confirmed_at.is_(None),
        policy_sets.c.confirm_by > bindparam("now"),
    )
    .values(confirmed_at=bindparam("now"))
)
_NEWEST = query(
    select(*_SET)
    .where(own(policy_sets), policy_sets.c.activated_at <= bindparam("at"))
    .order_by(policy_sets.c.seq.desc())
    .limit(1),
    _set,
)
_NEWEST_CONFIRMED = query(
    select(*_SET)
    .where(own(policy_sets), policy_sets.c.confirmed_at <= bindparam("at"))
    .order_by(policy_sets.c.seq.desc())
    .limit(1),
    _set,
)
_FIND_SET = query(select(*_SET).where(own(policy_sets), policy_sets.c.id == bindparam("id")), _set)


def find(unit: Unit, policy_id: str) -> Policy | None:
    return unit.one(_FIND, id=policy_id)


def get(unit: Unit, policy_id: str) -> Policy:
    """Raises `NotFound`."""
    policy = find(unit, policy_id)
    if policy is None:
        raise NotFound("policy")
    return policy


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Policy]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def draft(unit: Unit) -> list[Policy]:
    """The whole draft set."""
    return unit.all(_DRAFT)


def add(unit: Unit, policy_id: PolicyId, document: Document) -> None:
    now = unit.now_us
    unit.run(_ADD, id=policy_id, document=_dumped(document), version=1, created_at=now, changed_at=now)


def change(unit: Unit, policy_id: PolicyId, document: Document) -> None:
    unit.run(_CHANGE, policy=policy_id, new_document=_dumped(document), now=unit.now_us)


def remove(unit: Unit, policy_id: PolicyId) -> None:
    unit.run(_DELETE, policy=policy_id)


def add_set(unit: Unit, set_id: str, rules: Iterable[Document], *, confirm_by: int) -> None:
    """The caller holds the tenant's row: of two at once one comes wholly after the other."""
    highest = unit.one(_HIGHEST)
    unit.run(
        _ADD_SET,
        id=set_id,
        seq=1 + (highest.seq or 0 if highest else 0),
        rules=json.dumps([dict(rule) for rule in rules], ensure_ascii=False),
        activated_at=unit.now_us,
        confirm_by=confirm_by,
        confirmed_at=None,
    )


def confirm(unit: Unit, activation: str) -> bool:
    """True for one caller, while the set is the newest and its time runs."""
    highest = unit.one(_HIGHEST)
    newest = highest.seq if highest else None
    return newest is not None and unit.run(_CONFIRM, activation=activation, newest=newest, now=unit.now_us) == 1


def find_set(unit: Unit, set_id: str) -> PolicySet | None:
    return unit.one(_FIND_SET, id=set_id)


def newest_set(unit: Unit, *, at_us: int = _EVER) -> PolicySet | None:
    """The last one that had been activated at that instant."""
    return unit.one(_NEWEST, at=at_us)


def newest_confirmed(unit: Unit, *, at_us: int = _EVER) -> PolicySet | None:
    """The last one that had been confirmed at that instant."""
    return unit.one(_NEWEST_CONFIRMED, at=at_us)


def rules_of(chosen: PolicySet) -> list[Rule]:
    """One that cannot be read any more is an error wherever it might apply."""
    documents = [({name: value for name, value in rule.items() if name != "id"}, rule["id"]) for rule in chosen.rules]
    return [policies.restore(document, rule_id=rule_id) for document, rule_id in documents]


def _dumped(document: Document) -> str:
    return json.dumps(dict(document), ensure_ascii=False)
