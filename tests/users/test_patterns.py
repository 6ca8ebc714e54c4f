import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.users import patterns
from idp.users.patterns import BadPattern

ATOMS = st.sampled_from(["a", "b", ".", r"\d", "[ab]", "[^a]", r"\.", "[a-c0-9]", r"[\d.]"])
TIMES = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{2,}", "{0,1}"])
ROWS = st.lists(st.tuples(ATOMS, TIMES).map("".join), max_size=5).map("".join)
PATTERNS = st.lists(ROWS, min_size=1, max_size=3).map("|".join).filter(bool)


@given(PATTERNS, st.text("ab1.c", max_size=8))
def test_it_matches_just_what_the_engine_of_the_language_matches(pattern, text):
    assert patterns.parse(pattern).matches(text) is (re.fullmatch(pattern, text, re.DOTALL | re.ASCII) is not None)


@given(ATOMS, st.integers(0, 40), st.integers(0, 40), st.text("ab1", max_size=90), st.text("ab1", max_size=5))
def test_so_many_times_are_just_so_many(atom, least, more, text, rest):
    pattern, text = f"{atom}{{{least},{least + more}}}b?", text + rest
    assert patterns.parse(pattern).matches(text) is (re.fullmatch(pattern, text, re.DOTALL | re.ASCII) is not None)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "(a)",
        "a**",
        "a{2,1}",
        "a{1001}",
        "[z-a]",
        "[a",
        "a|(",
        "^a",
        "a$",
        r"\b",
        r"\1",
        "[a--b]",
        "x" * 201,
        "{2}",
        "*",
    ],
)
def test_what_could_take_for_ever_or_means_nothing_is_no_pattern(pattern):
    with pytest.raises(BadPattern):
        patterns.parse(pattern)


def test_what_would_keep_another_engine_busy_takes_a_moment():
    began = time.perf_counter()
    for pattern in ("a*" * 90 + "b", ".*" * 99 + "b", "a{0,1000}" * 20 + "b", "|".join(["[a-c]*[b]"] * 16)):
        for text in ("a" * 1_000, "abcé" * 250):
            assert not any(patterns.parse(pattern).matches(f"{text}{number}") for number in range(10))
    assert time.perf_counter() - began < 1
