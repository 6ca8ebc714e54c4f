"""A letter from an event: who gets it, in which language, and what it says."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from idp import contracts, credentials, tenants, users
from idp.contracts import Contract, Parties
from idp.delivery import OVERTAKEN, Claimed, Impossible
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.mail.facts import contract_facts, invitation_facts, reason_facts
from idp.mail.meanings import MEANINGS
from idp.mail.message import Letter, Mailbox
from idp.mail.writing import Content, Writer
from idp.users import UserStatus
from idp.web.languages import Language

_TENANT, _OPERATOR = "tenant", "operator"
_AT_MOST = 50


class Composer:
    def __init__(self, base_url: str, operator: str | None) -> None:
        self._base_url = base_url
        self._operator = operator
        self._writer = Writer()

    def letter(self, unit: Unit, claimed: Claimed) -> Letter:
        """In a unit of the delivery's tenant. Raises `NotFound`, and `Impossible`: `no_address`, `overtaken`."""
        payload: dict[str, Any] = json.loads(claimed.payload)
        if claimed.event == "user.invited":
            return self._invitation(unit, claimed, payload)
        if claimed.event.startswith("user."):
            return self._to_person(unit, claimed, payload)
        contract = contracts.get(unit, payload["contract"]) if _reads_contract(claimed) else _speaking(unit)
        facts: dict[str, Any] = {} if contract is None else contract_facts(contract, unit)
        facts |= {name: value for name, value in payload.items() if value is not None}
        if contract is not None and "change" in payload:
            facts |= reason_facts(unit, contract, payload["change"])
        to = self._receivers(claimed, contract)
        language = _language(unit, to, payload)
        return self._letter(unit, claimed.event, to, language, facts)

    def _invitation(self, unit: Unit, claimed: Claimed, payload: Mapping[str, Any]) -> Letter:
        identity = users.get(unit, payload["user"])
        secret = credentials.secret_of(unit, payload["invitation"])
        if secret is None or identity.email is None or identity.shown_status is not UserStatus.ACTIVE:
            raise Impossible(OVERTAKEN)
        language = _spoken(identity.locale)
        link = f"{self._base_url}/t/{tenants.get(unit).slug}/invitation?token={quote(secret)}&lang={language.value}"
        facts = invitation_facts(unit, identity.user_name, claimed.created_at)
        to = (Mailbox(identity.display_name, identity.email),)
        return self._letter(unit, claimed.event, to, language, facts, link=link)

    def _to_person(self, unit: Unit, claimed: Claimed, payload: Mapping[str, Any]) -> Letter:
        identity = users.get(unit, payload["user"])
        if identity.email is None:
            raise Impossible("no_address")
        to = (Mailbox(identity.display_name, identity.email),)
        facts = {"user_name": identity.user_name}
        return self._letter(unit, claimed.event, to, _spoken(identity.locale), facts)

    def _letter(
        self,
        unit: Unit,
        event: str,
        to: tuple[Mailbox, ...],
        language: Language,
        facts: Mapping[str, Any],
        *,
        link: str | None = None,
    ) -> Letter:
        tenant = None if unit.tenant == PLATFORM else tenants.get(unit)
        name = tenant.display_name if tenant else "Warifu"
        told = [(each, facts[each]) for each in MEANINGS[event] if facts.get(each) is not None]
        help_text = tenant.help_text if tenant and link else ""
        content = Content(event, to[0].name, name, told, link=link, help_text=help_text)
        subject, text, html = self._writer.write(content, language)
        return Letter(to, subject, text, html, language.value)

    def _receivers(self, claimed: Claimed, contract: Contract | None) -> tuple[Mailbox, ...]:
        if claimed.receiver == _OPERATOR:
            if not self._operator:
                raise Impossible("no_address")
            return (Mailbox("", self._operator),)
        parties = None if contract is None else contract.application.parties
        if parties is None or claimed.receiver not in {_TENANT, contract and contract.id}:
            raise Impossible("no_address")  # erased, or a partner, of whom no address is known
        return _persons(parties, billing=claimed.event == "statement.issued")


def _persons(parties: Parties, *, billing: bool) -> tuple[Mailbox, ...]:
    admin = Mailbox(parties.admin.name, parties.admin.email)
    other = Mailbox(parties.billing.name, parties.billing.email)
    return (other, admin) if billing and other.address != admin.address else (admin,)


def _reads_contract(claimed: Claimed) -> bool:
    """Of one that is erased only what the event says is left to say."""
    return claimed.event.startswith(("contract.", "application.")) and claimed.event != "contract.erased"


def _speaking(unit: Unit) -> Contract | None:
    """The one whose contacts speak for the tenant."""
    if unit.tenant == PLATFORM:
        return None
    past = [each for each in contracts.page(unit, limit=_AT_MOST) if each.application.parties is not None]
    return contracts.find_live(unit) or (past[-1] if past else None)


def _language(unit: Unit, to: tuple[Mailbox, ...], payload: Mapping[str, Any]) -> Language:
    if payload.get("language"):
        return _spoken(str(payload["language"]))
    if unit.tenant == PLATFORM:
        return Language.JA
    known = users.find_by_name(unit, to[0].address)
    return _spoken(known.locale if known else None)


def _spoken(locale: str | None) -> Language:
    primary = (locale or "").partition("-")[0].lower()
    return Language.EN if primary and primary != Language.JA.value else Language.JA
