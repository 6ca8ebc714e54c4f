"""A batch of rows in its unit: what was judged is done, by the acts of a single creation and a single change."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from idp import credentials, users
from idp.credentials import How, Permissions
from idp.imports.judging import Change, Creation, Faulty, Same, Seen, against, judge
from idp.imports.model import Counts, Fault, Row
from idp.kit.errors import Conflict
from idp.kit.units import Unit
from idp.users import Claims, UserStatus


class Done(NamedTuple):
    """`faulty` are the faults of each row that failed."""

    counts: Counts
    faulty: tuple[tuple[Fault, ...], ...]


class Batch(NamedTuple):
    """`passwords` are the hashes of those for new IDs, by the lines of their rows; `limit` is the number of IDs in the
    contract, of which `planned` are taken by the batches before where nothing is written (`dry_run`)."""

    rows: Sequence[Row]
    seen: Seen
    granting: Permissions
    joining: bool
    hands: frozenset[str]
    limit: int
    passwords: Mapping[int, str]
    invite: bool = False
    dry_run: bool = False
    planned: int = 0


def do(unit: Unit, batch: Batch) -> Done:
    creations: list[Creation] = []
    faulty: list[tuple[Fault, ...]] = []
    changed = 0
    claims = users.Claims(unit)
    verdicts = judge(unit, batch.rows, batch.seen, hold=not batch.dry_run)
    free = batch.limit - users.seats_used(unit) - batch.planned
    for verdict in verdicts:
        if isinstance(verdict, Faulty):
            faulty.append(verdict.faults)
            continue
        fault = against(unit, verdict, granting=batch.granting, joining=batch.joining) or _taken(claims, verdict)
        if fault is None and isinstance(verdict, Creation) and len(creations) >= free:
            detail = f"The contract allows {batch.limit} IDs."
            fault = verdict.row.wrong("", "id_limit_reached", detail, expected=batch.limit)
        if fault is not None:
            faulty.append((fault,))
        elif isinstance(verdict, Creation):
            creations.append(verdict)
        elif isinstance(verdict, Change):
            changed += 1
            if not batch.dry_run:
                users.change_to(unit, verdict.identity, verdict.draft, verdict.status)
                if users.is_readdressed(verdict.identity.draft, verdict.draft):
                    credentials.hands.note(unit, verdict.identity.id, batch.hands, How.KNOWS)
    if not batch.dry_run:
        _create(unit, creations, batch)
    rows, created, failed = len(batch.rows), len(creations), len(faulty)
    return Done(Counts(rows, created, changed, rows - created - changed - failed, failed), tuple(faulty))


def _taken(claims: Claims, verdict: Creation | Change | Same) -> Fault | None:
    """Of what only one may have, what somebody else has, or a row of the batch before."""
    if isinstance(verdict, Same):
        return None
    held_by = verdict.identity.id if isinstance(verdict, Change) else None
    name = claims.taken(verdict.draft.attributes, by=held_by or str(verdict.row.line), held_by=held_by)
    if name is None:
        return None
    return verdict.row.wrong(f"attributes.{name}", "taken", "Somebody else has this value.")


def _create(unit: Unit, creations: Sequence[Creation], batch: Batch) -> None:
    made = users.create_each(unit, [creation.draft for creation in creations], limit=batch.limit)
    for user_id, creation in zip(made, creations, strict=True):
        if creation.status is UserStatus.DISABLED:
            users.disable(unit, user_id)
        if creation.password is not None:
            encoded = batch.passwords.get(creation.row.line)
            if encoded is None:  # it was somebody's when passwords were hashed, and is deleted since
                raise Conflict("import_in_progress", "IDs have changed meanwhile. Start the import again.")
            credentials.set_password(unit, user_id, encoded)
            credentials.hands.note(unit, user_id, batch.hands, How.KNOWS)
        elif batch.invite and creation.draft.email is not None and creation.status is UserStatus.ACTIVE:
            credentials.invite(unit, user_id)
