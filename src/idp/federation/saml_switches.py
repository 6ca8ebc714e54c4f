"""A service's own change to another certificate of ours, as a registration says it, and judged."""

from idp import signing
from idp.kit.clock import micros, parse, rfc3339
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.signing import Chain, Status, Switch

_LONGEST_KID = 100


def current_chain(unit: Unit) -> Chain:
    return signing.chain(signing.every(unit), now_us=unit.now_us)


def read(fields: Fields) -> Switch | None:
    """As it was shown: `{"from", "to", "at"}`."""
    inner = fields.inner("certificate_switch")
    if fields.given("certificate_switch") is None or not fields.clean("certificate_switch"):
        return None
    inner.only({"from", "to", "at"})
    inner.required("from")
    inner.required("to")
    old, new, at = inner.text("from", longest=_LONGEST_KID), inner.text("to", longest=_LONGEST_KID), inner.text("at")
    try:
        return Switch(old=old or "", new=new or "", at=None if at is None else micros(parse(at)))
    except ValueError:
        inner.refuse("at", "invalid_format", "This is no instant.", found=at, expected="RFC 3339")
        return None


def judge(faults: Fields, unit: Unit, switch: Switch) -> None:
    """A change between certificates of ours, to a later one, when everybody knows that."""
    chain = current_chain(unit)
    if switch.old not in chain.usable or switch.new not in chain.usable:
        detail = "These are not two keys of ours that sign for services of SAML."
        faults.refuse("certificate_switch", "unknown_key", detail, expected=list(chain.usable))
        return
    link = chain.link(switch.new)
    if chain.usable.index(switch.old) >= chain.usable.index(switch.new):
        faults.refuse("certificate_switch", "inconsistent", "The certificate to change over to is a later one.")
    elif switch.at is not None and link is not None and link.status is Status.NEXT and link.ready_at > switch.at:
        detail = "The next certificate is not published for long enough by then."
        faults.refuse(
            "certificate_switch/at", "out_of_range", detail, found=rfc3339(switch.at), expected=rfc3339(link.ready_at)
        )
