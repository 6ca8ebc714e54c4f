"""The words that an ID is found by: its user name, its e-mail address, and its display name from each of its parts on.

Compared without case, width and spaces, and katakana as hiragana, so that ヤマダ finds やまだ. Chinese characters are
found as they are written, for nobody can tell how a name is read.
"""

import re

from idp.users.model import Draft
from idp.users.names import canonical

LONGEST = 24
MOST = 8
_PARTED = re.compile(r"[\s・]+")  # as 山田 太郎 is, and ジョン・スミス
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def folded(text: str) -> str:
    """As words are compared."""
    return _PARTED.sub("", canonical(text).translate(_HIRAGANA))


def words_of(draft: Draft) -> list[str]:
    """Different ones, at most `MOST`, each as far as it is looked at."""
    return list(dict.fromkeys(word[:LONGEST] for word in _whole(draft)))[:MOST]


def begins(draft: Draft, wanted: str) -> bool:
    """Whether one of its words begins with what is wanted, which is folded."""
    return any(word.startswith(wanted) for word in _whole(draft))


def _whole(draft: Draft) -> list[str]:
    """A display name gives a word from each of its parts to its end: 太郎 finds 山田 太郎, and 山田太 does, too."""
    parts = [part for part in _PARTED.split(canonical(draft.display_name)) if part]
    names = ["".join(parts[start:]) for start in range(len(parts))]
    return [word for word in map(folded, (draft.user_name, draft.email or "", *names)) if word]
