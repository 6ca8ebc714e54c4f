"""The words of a Cedar text, looked at before Cedar's own parser is: that one recurses, and has no bottom."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

LONGEST_TEXT = 50_000
DEEPEST_TEXT = 48  # brackets: each takes the parser some 13 kB of the stack, and a thread may have 1 MB
HIGHEST_TREE = 128  # operators, one beneath the other; `a && b && c` is two high
LONGEST_PATH = 8  # `has a.b.c` grows with the square of its length

# Cedar's words, as far as brackets can hide in them: a comment ends with either kind of line end, a string does not
# reach over one that is escaped.
_WORD = re.compile(r'//[^\n\r]*|"(?:[^"\\]|\\.)*"|\w+|\s+|::|&&|\|\||[=!<>]=|.', re.DOTALL)
_OPENING, _CLOSING, _NEXT = frozenset("([{"), frozenset(")]}"), frozenset(",;")
_OPERATORS = frozenset(".!<>+-*") | {"&&", "||", "==", "!=", "<=", ">=", "in", "is", "has", "like", "if"}
_STEPS = frozenset(".[]") | {"has"}
_ENDING = (_OPERATORS | _NEXT | frozenset("{}")) - _STEPS


def words(text: str) -> Iterator[str]:
    """Everything that is written, spaces and comments too."""
    return (found[0] for found in _WORD.finditer(text))


@dataclass(slots=True)
class _Level:
    """An open bracket: how many operators stand in the part of it that is being read, how high the highest of what is
    in brackets in it is, and the highest of the parts before."""

    operators: int = 0
    inner: int = 0
    before: int = 0

    @property
    def height(self) -> int:
        return max(self.before, self.operators + self.inner)

    def end_part(self) -> None:
        self.before, self.operators, self.inner = self.height, 0, 0


def fault(text: str) -> tuple[str, str] | None:
    """The code and the sentence of why this must not reach the parser."""
    levels = [_Level()]
    path = 0
    for word in words(text):
        if word.startswith("//") or word.isspace():
            continue
        if word == '"' or (word.startswith('"') and re.search(r"\\[\r\n]", word)):
            return "invalid_policy", "A string is not closed."
        _follow(levels, word)
        path = path + 1 if word in _STEPS else 0 if word in _ENDING else path
        if len(levels) > DEEPEST_TEXT or levels[-1].height > HIGHEST_TREE or path > 2 * LONGEST_PATH:
            detail = f"Brackets have at most {DEEPEST_TEXT} levels, operators {HIGHEST_TREE}, paths {LONGEST_PATH}."
            return "too_deep", detail
    return None


def _follow(levels: list[_Level], word: str) -> None:
    if word in _OPENING:
        levels.append(_Level())
    elif word in _CLOSING and len(levels) > 1:
        inner = levels.pop().height + 1
        levels[-1].inner = max(levels[-1].inner, inner)
    elif word in _NEXT:
        levels[-1].end_part()
    elif word in _OPERATORS:
        levels[-1].operators += 1


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
