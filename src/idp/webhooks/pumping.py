"""Tells receivers what the trail says. Any number of processes may do it at once, and die at any moment.

Who dies between a sending and its mark leaves a lease that runs out: the entry is sent again, with the id that it had.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import structlog

from idp import audit, contracts
from idp.audit import Entry, Event
from idp.contracts import Status
from idp.kit import compact, ids
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND, Clock, SystemClock, monotonic, rfc3339
from idp.kit.egress import Egress, Unreachable
from idp.kit.errors import Unavailable
from idp.kit.units import Units
from idp.webhooks import positions, signature, turns
from idp.webhooks.model import wants
from idp.webhooks.turns import Due, Lost, Turn

LOOK = 1.0  # seconds
_AT_ONCE = 8
_PATIENCE = 10.0  # seconds for a call
_TURN = 20.0  # seconds after which it is another one's turn; with the last call it ends before the lease does
_LARGEST = 64 * 1024  # of an answer, which nobody reads
_LOOK_AGAIN = 60.0  # seconds after which a trail is looked through that seems not to have grown
_GONE = 410
_SERVED = frozenset({Status.ACTIVE, Status.APPROVED})  # others hear nothing until their contract runs again
_UNREACHABLE = "unreachable"


class _Seen(NamedTuple):
    newest: audit.Place
    at: float


class Pump:
    """One turn after another, each saying after how many seconds it wants the next. Pauses and leases go by the
    machine's own time."""

    def __init__(
        self, units: Units, egress: Egress, *, leaving: Callable[[], bool] = lambda: False, clock: Clock | None = None
    ) -> None:
        self._units = units
        self._egress = egress
        self._leaving = leaving
        self._clock = clock or SystemClock()
        self._seen: dict[str, _Seen] = {}
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.webhooks").bind()

    def __call__(self) -> float:
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            due = turns.due(unit, now_us=self._clock.now_us())
        ahead = [each for each in due if not self._leaving() and self._has_grown(each)]
        if ahead:
            with ThreadPoolExecutor(_AT_ONCE) as hands:
                list(hands.map(self._attend, ahead))
        return LOOK

    def _has_grown(self, due: Due) -> bool:
        """Cheap to ask: what it overlooks, an entry that was committed late, is found a minute later."""
        with self._units.open(due.tenant_id, actor=SYSTEM, write=False) as unit:
            if contracts.status_of(contracts.facts(unit), unit.now_us) not in _SERVED:
                return False
            newest = audit.page(unit, limit=1, newest=True)
        place, seen, now = newest[0].place if newest else audit.BEGINNING, self._seen.get(due.id), monotonic()
        if seen is not None and seen.newest == place and now - seen.at < _LOOK_AGAIN:
            return False
        self._seen[due.id] = _Seen(place, now)
        return True

    def _attend(self, due: Due) -> None:
        """Raises nothing: what cannot be marked is sent again once the lease has run out."""
        try:
            if not self._go_on(due):
                self._seen.pop(due.id, None)
        except Lost:
            self._seen.pop(due.id, None)
        except Unavailable as error:
            self._seen.pop(due.id, None)
            self._log.warning("webhook_unmarked", webhook=due.id, detail=error.detail)
        except Exception as error:
            self._seen.pop(due.id, None)
            self._log.error("webhook_unmarked", webhook=due.id, error=type(error).__name__)

    def _go_on(self, due: Due) -> bool:
        """Whether all there was has been told."""
        lease, until = ids.new("lse"), monotonic() + _TURN
        with self._units.open(due.tenant_id, actor=SYSTEM) as unit:
            turn = turns.take(unit, due.id, lease=lease, now_us=self._clock.now_us())
        if turn is None:
            return True
        whole = self._tell_all(due, turn, lease, until)
        if whole is not None:
            with self._units.open(due.tenant_id, actor=SYSTEM) as unit:
                turns.leave(unit, due.id, lease=lease)
        return whole is True

    def _tell_all(self, due: Due, turn: Turn, lease: str, until: float) -> bool | None:
        """None when the receiver has not taken one: the others wait behind it."""
        with self._units.open(due.tenant_id, actor=SYSTEM, write=False) as unit:
            entries = positions.ahead(unit, due.id)
        passed: dict[str, int] = {}
        for entry in entries:
            if self._leaving() or monotonic() > until:
                break
            passed[entry.chain] = entry.seq
            if not _concerns(turn, entry):
                continue
            code = self._send(due, turn, entry)
            with self._units.open(due.tenant_id, actor=SYSTEM) as unit:
                now_us = self._clock.now_us()
                if code is None:
                    turns.told(unit, due.id, passed, lease=lease, now_us=now_us)
                    passed = {}
                    continue
                before = {**passed, entry.chain: entry.seq - 1}
                turns.passed(unit, due.id, before, lease=lease)
                off = turns.failed(unit, turn, code, lease=lease, now_us=now_us)
            self._log.warning("webhook_disabled" if off else "webhook_put_off", webhook=due.id, code=code)
            return None
        if passed:
            with self._units.open(due.tenant_id, actor=SYSTEM) as unit:
                turns.passed(unit, due.id, passed, lease=lease)
        return not entries

    def _send(self, due: Due, turn: Turn, entry: Entry) -> str | None:
        """None when it was taken; else a code. Redirects are not followed, and so no taking."""
        body = compact.encode(
            {"type": entry.event, "timestamp": rfc3339(entry.at), "tenant": turn.tenant, "data": audit.to_json(entry)}
        )
        at = self._clock.now_us() // SECOND
        fields = signature.headers(message_of(entry), at, body, turn.secrets)
        try:
            answer = self._egress.fetch(
                turn.url,
                tenant=due.tenant_id,
                form=body,
                headers={"Content-Type": "application/json", **fields},
                largest=_LARGEST,
                patience=_PATIENCE,
            )
        except Unreachable as failure:
            self._log.info("webhook_unreachable", webhook=due.id, reason=failure.reason.value)
            return _UNREACHABLE  # which reason it was would map our network for whoever named the address
        if answer.status == _GONE:
            return turns.GONE
        return None if 200 <= answer.status < 300 else f"http_{answer.status}"


def message_of(entry: Entry) -> str:
    """The id of the message, the same however often it is sent: no two entries of anybody have one hash."""
    return f"evt_{entry.hash.hex()[:40]}"


def _concerns(turn: Turn, entry: Entry) -> bool:
    if entry.event == Event.WEBHOOK_TESTED:
        return entry.subject == turn.id
    return wants(turn.events, entry.event)
