"""Rows of a file, with the lines on which they begin."""

import io

import pytest

from idp.imports import Encoding, reading
from idp.imports.model import Row
from idp.imports.reading import Rows, digest
from idp.kit.errors import Invalid

HEAD = b"user_name,affiliation\r\n"


def rows(raw: bytes, encoding: Encoding = Encoding.UTF_8) -> list[Row]:
    return list(Rows(io.BytesIO(raw), encoding))


def cells(raw: bytes, encoding: Encoding = Encoding.UTF_8) -> list[tuple[str, ...]]:
    return [tuple(row.cells.values()) for row in rows(raw, encoding)]


def codes(raw: bytes, encoding: Encoding = Encoding.UTF_8) -> list[tuple[int, str]]:
    """Of the rows that are wrong, and the lines of those that are right."""
    return [(row.line, "" if row.fault is None else row.fault.code) for row in rows(raw, encoding)]


def test_a_row_may_quote_commas_quotes_and_line_ends_and_lines_are_counted_as_in_an_editor() -> None:
    raw = HEAD + b'"a,""b""\r\nc",x\r\nd,y\n\r\n"e\n\nf",z'
    assert cells(raw) == [('a,"b"\r\nc', "x"), ("d", "y"), ("e\n\nf", "z")]
    assert [(row.line, row.end) for row in rows(raw)] == [(2, 3), (4, 4), (6, 8)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_the_mark_that_spreadsheets_put_before_it_and_without(mark: bytes) -> None:
    assert cells(mark + HEAD + "梅,x\n".encode()) == [("梅", "x")]


def test_windows_31j_is_read_where_it_is_declared() -> None:
    raw = HEAD + "髙﨑①ソ,x\n".encode("cp932")
    assert cells(raw, Encoding.SHIFT_JIS) == [("髙﨑①ソ", "x")]
    assert codes(raw) == [(2, "invalid_encoding")]


def test_what_cannot_be_read_is_told_by_row_and_the_next_row_is_read() -> None:
    raw = HEAD + b'a,x\nb\nc,x,y\n"d"e,x\nf\xff,x\ng\rh,x\ni,x\n'
    malformed, cut, coded = "malformed_row", "wrong_number_of_cells", "invalid_encoding"
    assert codes(raw) == [(2, ""), (3, cut), (4, cut), (5, malformed), (6, coded), (7, malformed), (8, "")]


def test_after_a_quotation_mark_that_is_never_closed_nothing_is_read() -> None:
    assert codes(HEAD + b'"a,x\n' + b"b,x\n" * 40_000) == [(2, "malformed_row")]
    assert codes(HEAD + b'"a,x\n') == [(2, "malformed_row")]


@pytest.mark.parametrize(
    "cell", [b'"' + b"a" * 70_000 + b'\nevil,x\n"', b'"a"b,"\nevil,x\n"', b'"a\n' + b"b" * 200_000 + b'"']
)
def test_what_stands_in_a_cell_of_a_row_that_is_wrong_is_no_row(cell: bytes) -> None:
    found = codes(HEAD + cell + b",y\nb,x\n")
    assert [code for _, code in found] == ["malformed_row", ""]
    assert [row.cells for row in rows(HEAD + cell + b",y\nb,x\n")][1] == {"user_name": "b", "affiliation": "x"}


def test_a_line_without_an_end_is_read_away_and_not_kept() -> None:
    raw = HEAD + b"a" * 3_000_000 + b",x\nb,x\n"
    assert codes(raw) == [(2, "malformed_row"), (3, "")]


WRONG = [
    (b"user_name,affiliation,colour,id\n", {"/colour": "unknown_field", "/id": "unknown_field"}),
    (b"user_name,email\n", {"/affiliation": "required"}),
    (b"user_name,affiliation,email,email\n", {"/email": "repeated"}),
    (b"\n", {"/user_name": "required", "/affiliation": "required"}),
    (
        b"\xef\xbb\xbfUSER_NAME, affiliation\n",
        {"/USER_NAME": "unknown_field", "/user_name": "required"},
    ),
]


@pytest.mark.parametrize(("header", "wrong"), WRONG)
def test_a_header_names_every_column_that_is_wrong(header: bytes, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        rows(header + b"a,b\n")
    assert {error.pointer: error.code for error in refused.value.errors} == wrong


@pytest.mark.parametrize("raw", [b"", "梅,x\n".encode("utf-16"), b'"' + b"a" * 100_000, b'"a"b,c\n'])
def test_what_begins_like_no_header_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        rows(raw)


def test_a_file_has_so_many_lines_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 3)
    assert digest(io.BytesIO(b"a\n" * 3)) != digest(io.BytesIO(b"b\n" * 3))
    with pytest.raises(Invalid, match="too_many_rows"):
        digest(io.BytesIO(b"a\n" * 4))
