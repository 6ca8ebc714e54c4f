"""The words of a Cedar text, looked at before Cedar's own parser is: that one recurses, and has no bottom."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

LONGEST_TEXT = 50_000
DEEPEST_TEXT = 48  # brackets: each takes the parser some 13 kB of the stack, and a thread may have 1 MB
HIGHEST_TREE = 128  # operators and steps, one beneath the other: `a && b && c` is two high
LONGEST_PATH = 16  # `has a.b.c` grows with the square of its length

# Cedar's words, as far as brackets can hide in them: a comment ends with either kind of line end, a string does not
# reach over one that is escaped.
_WORD = re.compile(r'//[^\n\r]*|"(?:[^"\\]|\\.)*"|\w+|\s+|::|&&|\|\||[=!<>]=|.', re.DOTALL)
_OPENING, _CLOSING, _NEXT = frozenset("([{"), frozenset(")]}"), frozenset(",;")
_CHAINED = frozenset("!+-*") | {"&&", "||", "if"}
_COMPARING = frozenset("<>") | {"==", "!=", "<=", ">=", "in", "is", "like"}  # none can follow one without brackets


def words(text: str) -> Iterator[str]:
    """Everything that is written, spaces and comments too."""
    return (found[0] for found in _WORD.finditer(text))


@dataclass(slots=True)
class _Level:
    """An open bracket: the operators in the part of it that is being read, the steps of the path that is, the longest
    path in that part, the highest of what is in brackets in it, and the highest of the parts before."""

    operators: int = 0
    steps: int = 0
    longest: int = 0
    inner: int = 0
    before: int = 0

    @property
    def height(self) -> int:
        return max(self.before, self.operators + self.longest + self.inner)

    def step(self) -> None:
        self.steps += 1
        self.longest = max(self.longest, self.steps)

    def end_part(self) -> None:
        self.before = self.height
        self.operators = self.steps = self.longest = self.inner = 0


def fault(text: str) -> tuple[str, str] | None:
    """The code and the sentence of why this must not reach the parser."""
    levels = [_Level()]
    for word in words(text):
        if word.startswith("//") or word.isspace():
            continue
        if word == '"' or (word.startswith('"') and re.search(r"\\[\r\n]", word)):
            return "invalid_policy", "A string is not closed."
        _follow(levels, word)
        level = levels[-1]
        if len(levels) > DEEPEST_TEXT or level.height > HIGHEST_TREE or level.steps > LONGEST_PATH:
            detail = f"Brackets have at most {DEEPEST_TEXT} levels, operators {HIGHEST_TREE}, paths {LONGEST_PATH}."
            return "too_deep", detail
    return None


def _follow(levels: list[_Level], word: str) -> None:
    level = levels[-1]
    if word in _CLOSING and len(levels) > 1:
        inner = levels.pop().height + 1
        levels[-1].inner = max(levels[-1].inner, inner)
    elif word in _NEXT:
        level.end_part()
    elif word in _CHAINED:
        level.operators, level.steps = level.operators + 1, 0
    elif word in {".", "[", "has"}:
        level.step()
    elif word in _COMPARING or word == "{":
        level.steps = 0
    if word in _OPENING:
        levels.append(_Level())


def judged(text: str, families: Container[str]) -> str:
    """The text with `permit` for its effect, so that whether it holds is told of every rule in one question, and the
    names of browsers, which are compared without regard to case, in lower case."""
    return "".join(_judged(words(text), families))


def _judged(written: Iterable[str], families: Container[str]) -> Iterator[str]:
    swapped, previous = False, ""
    for word in written:
        if word.startswith("//"):
            continue
        if word == "forbid" and not swapped and previous != "@":
            yield "permit"
        elif word.startswith('"') and word[1:-1] in families:
            yield word.lower()
        else:
            yield word
        swapped = swapped or (word in {"forbid", "permit"} and previous != "@")
        previous = word if not word.isspace() else previous


def quoted(value: str) -> str:
    """A string literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
