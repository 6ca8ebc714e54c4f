"""A situation that somebody describes: for what-if, and for services that ask us to decide (AuthZEN)."""

from collections.abc import Callable, Mapping

from idp import users
from idp.access import deciding
from idp.access.facts import Facts
from idp.access.in_force import Rules
from idp.access.model import Decision, Moment, Outcome, PersonProof, Situation
from idp.access.policies import Action, Inputs
from idp.access.proving import person_of
from idp.access.vocabulary import Reason
from idp.federation import Service
from idp.kit.addresses import canonical
from idp.kit.clock import SECOND, micros, parse
from idp.kit.fields import Fields
from idp.kit.references import new_reference
from idp.kit.units import Unit

_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "ip": (),
    "country": (),
    "time": (),
    "authentication": ("methods", "age_seconds"),
    "device": ("enrolled", "compliant", "certificate"),
    "browser": ("family", "version"),
}
_METHODS = 20
_OLDEST = 10 * 366 * 86_400  # seconds
_LATEST_BROWSER = 1_000_000
_COUNTRY = 2

LookUp = Callable[[str], str | None]


class Described:
    """`context` of a question as it was sent. Faults are left in the fields it was read from."""

    def __init__(self, fields: Fields, *, country_of: LookUp, now_us: int) -> None:
        self.now_us = _instant(fields, now_us)
        ip = _address(fields)
        country = _country(fields) if fields.given("country") is not None else (country_of(ip) if ip else None)
        proved = fields.inner("authentication")
        methods = proved.texts("methods", most=_METHODS, longest=50)
        age = None
        if proved.given("age_seconds") is not None:
            age = proved.number("age_seconds", default=0, lowest=0, highest=_OLDEST)
        browser = _browser(fields.inner("browser"))
        self.situation = Situation(
            ip,
            country,
            None if methods is None else frozenset(methods.values()),
            None if age is None else self.now_us - age * SECOND,
            *browser,
            *_device(fields.inner("device")),
        )


def evaluate(facts: Facts, proof: PersonProof, *, at_us: int, asked_us: int, rules: Rules | None = None) -> Decision:
    """What a sign-in would meet at the instant `asked_us`, under the rules of `at_us` or those that stand in for them:
    the same function decides as where it counts."""
    found = facts.rules_at(at_us) if rules is None else rules
    reference = new_reference()
    decision = deciding.decide(facts, proof, Moment.AUTHZEN, now_us=asked_us, reference=reference, rules=found)
    return decision._replace(at_us=at_us)


def unanswerable(facts: Facts, reason: Reason, *, at_us: int, proof: PersonProof | None = None) -> Decision:
    """A question about something that does not exist."""
    inputs = (
        Inputs("", Action.SIGN_IN, at_us, facts.tenant.time_zone)
        if proof is None
        else deciding.inputs_of(facts, proof, Moment.AUTHZEN, at_us)
    )
    return Decision(
        new_reference(), at_us, Moment.AUTHZEN, Outcome.DENY, reason, inputs, assigned=False, assignment_required=False
    )


def only_known(fields: Fields) -> None:
    """Refuses members of a context that mean nothing here."""
    fields.only(_MEMBERS)
    for name, members in _MEMBERS.items():
        if members and isinstance(fields.given(name), Mapping):
            fields.inner(name).only(members)


def question(unit: Unit, facts: Facts, service: Service, user_id: str, described: Described) -> PersonProof:
    """As if that person stood there."""
    return PersonProof(
        service, person_of(unit, facts, service, user_id, users.standing(unit, user_id)), described.situation
    )


def _instant(fields: Fields, now_us: int) -> int:
    text = fields.text("time")
    if text is None:
        return now_us
    try:
        return micros(parse(text))
    except ValueError:
        fields.refuse("time", "invalid_format", "A time is written as in RFC 3339, with its offset.", found=text)
        return now_us


def _address(fields: Fields) -> str | None:
    text = fields.text("ip")
    if text is None:
        return None
    try:
        return str(canonical(text))
    except ValueError:
        fields.refuse("ip", "invalid_format", "This is no IP address.", found=text)
        return None


def _country(fields: Fields) -> str | None:
    text = fields.text("country")
    if text is None or (len(text) == _COUNTRY and text.isascii() and text.isalpha() and text.isupper()):
        return text
    fields.refuse("country", "invalid_format", "Countries are written as in ISO 3166-1 alpha-2.", found=text)
    return None


def _device(fields: Fields) -> tuple[bool, bool, bool]:
    return (
        fields.flag("enrolled", default=False),
        fields.flag("compliant", default=False),
        fields.flag("certificate", default=False),
    )


def _browser(fields: Fields) -> tuple[str | None, int | None]:
    version = None
    if fields.given("version") is not None:
        version = fields.number("version", default=0, lowest=0, highest=_LATEST_BROWSER)
    return fields.text("family"), version


def read_context(document: Mapping[str, object], *, at: str, country_of: LookUp, now_us: int) -> Described:
    """Raises `Invalid` with every fault."""
    fields = Fields(document, at=at)
    described = Described(fields, country_of=country_of, now_us=now_us)
    fields.finish()
    return described
