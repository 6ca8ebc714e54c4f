"""Tenants' rules: read, compiled, judged. Total, terminating and pure: facts and the instant are handed in.

A rule is written as a form (JSON) or as a Cedar text, and each form has a text that means the same. Whatever is not
known makes the rule that needs it an error, and an error denies; a deny is never outweighed; the order of rules means
nothing. No rule can touch what stands before all of them: contract, ID, service and place are the gate's.
"""

from collections.abc import Mapping, Sequence

from idp.access.policies.boundaries import boundary_inputs
from idp.access.policies.changes import Changed, SmallestChange, smallest_change
from idp.access.policies.forms import form
from idp.access.policies.mentioning import Mentions
from idp.access.policies.mentioning import mentions as mentioned
from idp.access.policies.model import Fact, Inputs, Outcome, Rule, RuleResult
from idp.access.policies.parsing import parse, restore
from idp.access.policies.ruleset import RuleSet
from idp.access.policies.words import Action, Decision, Effect, Requirement, Result, Why
from idp.access.policies.writing import text

__all__ = [
    "Action",
    "Changed",
    "Decision",
    "Effect",
    "Fact",
    "Inputs",
    "Mentions",
    "Outcome",
    "Requirement",
    "Result",
    "Rule",
    "RuleResult",
    "RuleSet",
    "SmallestChange",
    "Why",
    "boundary_inputs",
    "compile",
    "form",
    "mentioned",
    "parse",
    "restore",
    "smallest_change",
    "text",
]


def compile(  # noqa: A001  # policies.compile
    rules: Sequence[Rule], networks: Mapping[str, Sequence[str]], *, by_cedar: bool = False
) -> RuleSet:
    """Once for a revision. `networks` are the named ones; a rule that names another one is an error when asked.

    Cedar judges the texts that neither a form nor a closure of ours can say; `by_cedar`: all texts.
    """
    return RuleSet(rules, networks, by_cedar=by_cedar)
