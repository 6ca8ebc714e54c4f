"""Texts made to hurt: each is refused or harmless, soon, and the process lives on a small stack."""

import threading
import time
from collections.abc import Callable

import pytest
from tests.access.policies.asking import ASKED
from tests.access.policies.drawing import NETWORKS, Draw, parsed

from idp.access import policies
from idp.access.policies import Result, Rule
from idp.access.policies.lexing import LONGEST_TEXT
from idp.kit.errors import Invalid

SMALL_STACK = 1_048_576
SOON = 5.0


def on_a_small_stack(text: str) -> Rule | set[str]:
    """Read and asked, or the codes of its faults."""
    found: list[Rule | set[str]] = []

    def run() -> None:
        try:
            rule = parsed({"name": "rule", "text": text})
        except Invalid as error:
            found.append({fault.code for fault in error.errors})
            return
        ruleset = policies.compile([rule], NETWORKS, by_cedar=True)
        assert ruleset.evaluate(ASKED, assigned=True, assignment_required=False).rules[0].result in Result
        found.append(rule)

    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    begun = time.monotonic()
    thread.join()
    assert time.monotonic() - begun < SOON
    return found[0]


def said(expression: str) -> str:
    return f"permit (principal, action, resource) when {{ {expression} }};"


BOMBS: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: said("(" * n + "true" + ")" * n),
    "brackets that stay open": lambda n: said("(" * n),
    "brackets behind a comment": lambda n: said("// \n" + "(" * n + "true" + ")" * n),
    "brackets behind a string": lambda n: said('"\\"" == "' + "(" * n + '" || ' + "(" * n + "true" + ")" * n),
    "brackets behind an open string": lambda n: said('"\\\n' + "(" * n + "true" + ")" * n),
    "sets": lambda n: said("[" * n + "]" * n + " == []"),
    "records": lambda n: said("{a: " * n + "1" + "}" * n + " == 1"),
    "closing first": lambda n: said(")" * n + "(" * n + "true" + ")" * n),
    "if": lambda n: said("if true then true else " * n + "true"),
    "if in if": lambda n: said("if " * n + "true" + " then true else false" * n),
    "brackets behind another line end": lambda n: said("// \r" + "(" * n + "true" + ")" * n),
    "brackets and operators": lambda n: said("(" * (n // 8) + "true" + ("||context.mfa" * 7 + ")") * (n // 8)),
    "operators before brackets": lambda n: said(
        "context.mfa||" * (n // 2) + "(" + "context.mfa||" * (n // 2) + "true)"
    ),
    "if in brackets": lambda n: said("(if true then true else " * n + "true" + ")" * n),
    "ifs in brackets": lambda n: said("(" * 46 + "if true then true else " * min(n, 75) + "true" + ")" * 46),
    "sums in brackets": lambda n: said("(" * 46 + "1+" * min(n, 75) + "1" + ")" * 46 + " > 0"),
    "or": lambda n: said("||".join(["context.mfa"] * n)),
    "and": lambda n: said("&&".join(["context.age_seconds > 1"] * n)),
    "plus": lambda n: said("1" + "+1" * n + " > 0"),
    "times": lambda n: said("context.age_seconds" + " * 2" * n + " > 0"),
    "not": lambda n: said("!" * n + "true"),
    "minus": lambda n: said("-" * n + "1 < 0"),
    "path": lambda n: said("context" + ".a" * n),
    "has a path": lambda n: said("context has a" + ".a" * n),
    "indices": lambda n: said("context" + '["a"]' * n),
    "calls": lambda n: said("[1]" + ".contains(1)" * n),
    "calls with operators": lambda n: said("[1]" + ".contains(1 + 1)" * n),
    "paths with operators": lambda n: said("context" + '["a" + "b"]' * n),
    "comparisons": lambda n: said("context.age_seconds" + " == 1" * n),
    "memberships": lambda n: said("principal" + ' in Group::"grp_a"' * n),
    "clauses": lambda n: "permit (principal, action, resource)" + " when { true }" * n + ";",
    "annotations": lambda n: "".join(f'@a{each}("")' for each in range(n)) + "permit (principal, action, resource);",
    "policies": lambda n: "permit (principal, action, resource);" * n,
    "zones": lambda n: said("||".join(f'context.zones["Z{each}"].holiday' for each in range(n))),
    "members": lambda n: said("[" + ",".join(f'"{each}"' for each in range(n)) + "].contains(context.country)"),
    "wildcards": lambda n: said('context.country like "' + "*a" * n + '"'),
    "a long word": lambda n: said("a" * n),
    "a long number": lambda n: said("1" * n + " > 0"),
    "a long string": lambda n: said('context.country == "' + "x" * n + '"'),
    "escapes": lambda n: said('context.country == "' + "\\u{1F600}" * n + '"'),
    "comments": lambda n: "//\n" * n + said("true"),
}


@pytest.mark.parametrize("size", [40, 120, 200, 3_000, 60_000])
@pytest.mark.parametrize("bomb", BOMBS)
def test_nothing_that_is_large_or_deep_hurts(bomb: str, size: int) -> None:
    text = BOMBS[bomb](size)
    found = on_a_small_stack(text)
    if len(text) > LONGEST_TEXT:
        assert found == {"invalid_length"}


@pytest.mark.parametrize(
    "bomb", ["brackets", "sets", "records", "if", "if in if", "or", "calls", "path", "brackets behind a comment"]
)
def test_what_is_too_deep_is_said_to_be(bomb: str) -> None:
    found = on_a_small_stack(BOMBS[bomb](200))
    assert found == {"too_deep"}


def test_brackets_in_strings_and_comments_are_not_levels() -> None:
    text = "// " + "(" * 60 + "\n" + said('context.country == "' + "[" * 60 + '"')
    assert isinstance(on_a_small_stack(text), Rule)


@pytest.mark.parametrize(
    "expression",
    [
        "context.age_seconds * 9223372036854775807 > 0",
        "context.age_seconds + 9223372036854775807 > 0",
        "-9223372036854775808 - context.age_seconds < 0",
    ],
)
def test_a_text_that_cannot_be_evaluated_is_an_error(expression: str) -> None:
    rule = parsed({"name": "rule", "text": said(expression)})
    other = parsed({"name": "rule", "text": said('context.country like "*"')}, "pol_2")
    found = policies.compile([rule, other], NETWORKS).evaluate(ASKED, assigned=True, assignment_required=False)
    assert found.reason is policies.Why.POLICY_ERROR
    assert [each.result for each in found.rules] == [Result.ERROR, Result.MATCH]


def test_a_list_of_hundreds_is_not_too_deep() -> None:
    networks = [f"10.{number // 256}.{number % 256}.0/24" for number in range(500)]
    form = {"name": "rule", "effect": "deny", "services": ["*"], "when": {"not": {"network": {"in": networks}}}}
    rule = on_a_small_stack(policies.text(parsed(form)))
    assert isinstance(rule, Rule)
    found = policies.form(rule)
    assert found is not None
    assert found["when"] == form["when"]
    assert isinstance(on_a_small_stack(said(" || ".join(['context.country == "JP"'] * 120))), Rule)


def test_texts_torn_to_pieces_are_refused_or_read() -> None:
    draw = Draw(7)
    pieces = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "\\",
        "@",
        ";",
        "//",
        "\r",
        "::",
        "?principal",
        "if",
        "has",
        "&&",
        "\0",
        "é",
    ]
    refused = 0
    for _ in range(400):
        text = policies.text(parsed(draw.policy()))
        for _ in range(draw.randint(1, 4)):
            at = draw.randint(0, len(text))
            text = text[:at] + draw.choice([*pieces, ""]) + text[at + draw.randint(0, 3) :]
        try:
            rule = parsed({"name": "rule", "text": text})
        except Invalid:
            refused += 1
        else:
            ruleset = policies.compile([rule], NETWORKS, by_cedar=True)
            assert ruleset.evaluate(ASKED, assigned=True, assignment_required=False)
    assert 300 < refused < 400
