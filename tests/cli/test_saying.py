"""What commands print of what somebody else has written."""

import pytest

from idp.cli import saying


@pytest.mark.parametrize("speak", [saying.say, saying.warn])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("clients/\x1b]0;pwned\x07", "clients/\\u001b]0;pwned\\u0007"),
        ("\x1b[2J\x1b[1;1Hidp: done", "\\u001b[2J\\u001b[1;1Hidp: done"),
        ("no\ryes", "no\\u000dyes"),
        ("\x9b2J", "\\u009b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("青葉 → 1\t2", "青葉 → 1\t2"),
    ],
)
def test_a_terminal_obeys_nothing_that_stands_in_a_file(
    capsys: pytest.CaptureFixture[str], speak: object, text: str, told: str
) -> None:
    assert callable(speak)
    speak(text)
    assert "".join(capsys.readouterr()) == f"{told}\n"
