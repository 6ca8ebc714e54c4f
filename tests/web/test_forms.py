from urllib.parse import parse_qsl, quote_from_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kit.errors import Invalid
from idp.web.failures import Refusal
from idp.web.forms import MOST_FIELDS, encode, parse_form, parse_query

FORM = b"application/x-www-form-urlencoded"

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.tuples(texts, texts), max_size=MOST_FIELDS))
def test_what_a_browser_encodes_is_read_back_in_order(fields: list[tuple[str, str]]) -> None:
    form = parse_form(urlencode(fields).encode(), FORM)
    assert list(form.fields) == fields
    for name, _ in fields:
        values = [value for field, value in fields if field == name]
        assert form.get(name) == values[0]
        assert form.all(name) == tuple(values)
        assert (name in form.repeated) == (len(values) > 1)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_the_standard_library_reads_them_or_refused(raw: bytes) -> None:
    try:
        form = parse_query(raw)
    except Invalid:
        return
    assert list(form.fields) == parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")


@given(st.binary(max_size=40))
def test_escaped_bytes_are_read_exactly_when_they_are_utf_8_without_nul(value: bytes) -> None:
    raw = b"v=" + quote_from_bytes(value, safe="").encode()
    try:
        expected = value.decode()
    except UnicodeDecodeError:
        expected = "\0"
    if "\0" in expected:
        with pytest.raises(Invalid):
            parse_query(raw)
    else:
        assert parse_query(raw).get("v") == expected


@pytest.mark.parametrize(
    "raw", [b"a=%", b"a=%4", b"a=%zz", b"a=%+1", b"%=1", b"a=%00", b"a=\0", b"a=%ED%A0%80", b"a=%C0%AF"]
)
def test_broken_escapes_and_characters_are_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="malformed_form"):
        parse_query(raw)


def test_a_hundred_fields_are_read_and_one_more_is_refused() -> None:
    assert len(parse_query(b"&".join([b"a=1"] * MOST_FIELDS)).fields) == MOST_FIELDS
    with pytest.raises(Invalid):
        parse_query(b"&".join([b"a=1"] * (MOST_FIELDS + 1)))


@pytest.mark.parametrize(
    "content_type",
    [FORM, FORM.upper(), FORM + b"; charset=UTF-8", FORM + b';charset="utf-8"'],
)
def test_the_form_type_is_taken_in_utf_8(content_type: bytes) -> None:
    assert parse_form(b"a=1", content_type).get("a") == "1"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"application/json",
        b"multipart/form-data; boundary=x",
        b"text/plain",
        FORM + b"; charset=utf-7",
        FORM + b"; charset=utf-16",
        FORM + b"; boundary=x",
        FORM + b", application/json",
    ],
)
def test_any_other_type_or_charset_is_refused(content_type: bytes | None) -> None:
    with pytest.raises(Refusal) as refused:
        parse_form(b"a=1", content_type)
    assert refused.value.status == 415


def test_an_empty_value_is_a_value_and_an_absent_field_is_none() -> None:
    form = parse_query(b"a=&b")
    assert (form.get("a"), form.get("b"), form.get("c")) == ("", "", None)
    assert "a" in form
    assert "c" not in form


@given(texts)
def test_what_is_written_into_an_address_is_what_the_standard_library_writes(value: str) -> None:
    written = encode({"code": value, "iss": "https://id.example/t/aoba"})
    assert written == urlencode({"code": value, "iss": "https://id.example/t/aoba"})
    assert parse_query(written.encode()).get("code") == value
