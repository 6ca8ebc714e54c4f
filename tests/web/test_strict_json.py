import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kit.errors import Invalid
from idp.web.strict_json import DEEPEST, loads, read

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
documents = st.recursive(scalars | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(documents, st.booleans())
def test_every_document_is_read_as_it_was_written(document: object, ascii_only: bool) -> None:
    assert loads(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_the_standard_library_reads_them_or_refused(raw: bytes) -> None:
    try:
        document = loads(raw)
    except Invalid:
        return
    assert document == json.loads(raw.decode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"'a'",
        b'{"a": 1, "a": 1}',
        b'{"x": {"a": 1, "\\u0061": 2}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b"9223372036854775808",
        b"1" * 5000,
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        '"a"'.encode("utf-16"),
        b'"\\ud800"',
        b'{"\\uDFFF": 1}',
        b'["\\u0000"]',
        b'{"a\\u0000": 1}',
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_has_two_readings_or_none_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid, match="malformed_json"):
        loads(body)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"-9223372036854775808", -(2**63)),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\u0000 \\\\ud800"', "\\u0000 \\ud800"),
        (b'["' + b"[" * 1000 + b'"]', ["[" * 1000]),
        (b"[{}" + b",{}" * 1000 + b"]", [{}] * 1001),
    ],
)
def test_their_honest_twins_are_read(body: bytes, document: object) -> None:
    assert loads(body) == document


def test_thirty_two_levels_are_read() -> None:
    assert loads(b"[" * DEEPEST + b"1" + b"]" * DEEPEST)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b'{"ids": 1000000000000000000000000000000, "name": 5}', [("/ids", "out_of_range")]),
        (b'{"ids": ' + b"9" * 5000 + b"}", [("/ids", "out_of_range")]),
        (b'{"a/b~": [0, -9223372036854775809]}', [("/a~1b~0/1", "out_of_range")]),
        (b'{"a": {"\\u0000": 1, "b": "x\\u0000"}}', [("/a", "invalid_text"), ("/a/b", "invalid_text")]),
        (b'{"a": 1e30, "b": 9223372036854775807, "c": 0e999}', []),
        (b"[1.2345678901234567890, 12345678901234567890.5]", []),
    ],
)
def test_what_is_json_but_of_no_use_is_told_by_its_place(body: bytes, wrong: list[tuple[str, str]]) -> None:
    assert [(each.pointer, each.code) for each in read(body)[1]] == wrong
