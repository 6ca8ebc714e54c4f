"""A policy's document becomes a rule: strictly when somebody saves or tries it, whatever it says when it is loaded."""

from collections.abc import Container, Mapping

from idp.access.policies.forms import read_form
from idp.access.policies.model import Rule
from idp.access.policies.reading import Names
from idp.access.policies.texts import read_text
from idp.access.policies.words import Effect
from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import Fields


def parse(  # what it may refer to, and where it stands
    document: Mapping[str, object],
    *,
    groups: Container[str],
    services: Container[str],
    networks: Container[str],
    rule_id: str = "",
    at: str = "",
) -> Rule:
    """`groups` and `services` are the ids that there are, `networks` the names; `at` is where the document stands in
    the body (RFC 6901). Raises `Invalid` with every fault."""
    return _read(document, Names(groups, services, networks), rule_id=rule_id, at=at)


def restore(document: Mapping[str, object], *, rule_id: str) -> Rule:
    """A rule that was saved; what it refers to was looked up then. One that cannot be read (any more) is `broken`: an
    error for every service and action, which denies. Never raises."""
    try:
        return _read(document, Names(), rule_id=rule_id, at="")
    except Exception as error:  # a rule that falls away would permit
        return _broken(document, rule_id, str(error))


def _broken(document: object, rule_id: str, why: str) -> Rule:
    said = document if isinstance(document, Mapping) else {}
    name = said.get("name")
    return Rule(
        id=rule_id,
        name=name if isinstance(name, str) else "",
        effect=Effect.DENY,
        services=None,
        condition=None,
        report_only=said.get("report_only") is True,
        broken=why or "unreadable",
    )


def _read(document: object, names: Names, *, rule_id: str, at: str) -> Rule:
    if not isinstance(document, Mapping):
        error = FieldError(at, "invalid_type", "A policy is an object.", None, "object")
        raise Invalid("invalid", "Some fields are wrong.", errors=[error])
    fields = Fields(document, at=at)
    read = read_text if document.get("text") is not None else read_form
    rule = read(fields, names, rule_id=rule_id)
    fields.finish()
    return rule
