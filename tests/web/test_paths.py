import posixpath
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.paths import is_normal, is_slug, split_tenant

printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
pieces = st.sampled_from(
    ["/", "//", ".", "..", "%2e", "%2F", "%5C", "\\", ";", "a", "Z9", "-_~", ":", "@", "%20", "%41", "%"]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_a_normal_path_means_the_same_to_every_reader(path: str) -> None:
    if not is_normal(path.encode()):
        return
    once = unquote(path)
    assert unquote(once) == once, "nothing decodes twice"
    assert posixpath.normpath(once).rstrip("/") == once.rstrip("/"), "nothing collapses"
    assert once.count("/") == path.count("/"), "nothing decoded is a separator"
    assert not set(once) & {"\\", ";", "%"}


@given(st.text(printable, min_size=1).filter(lambda name: not set(name) & set("./\\;%")))
def test_every_segment_of_plain_characters_has_exactly_the_form_that_quoting_gives_it(name: str) -> None:
    assert is_normal(b"/a/" + quote(name, safe="!$&'()*+,=:@").encode() + b"/b")


@given(st.binary(max_size=20))
def test_no_bytes_make_it_fail_and_none_beyond_printable_ascii_pass(raw: bytes) -> None:
    if is_normal(b"/" + raw):
        assert all(0x21 <= byte <= 0x7E for byte in raw)


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/t/aoba/",
        b"/t/aoba/.well-known/openid-configuration",
        b"/static/idp.4f.css",
        b"/api/v1/tenants/aoba/users/usr_01JQ",
        b"/t/aoba/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
        b"/a%20b",
        b"/a%3Ab",
    ],
)
def test_the_paths_of_this_server_are_normal(path: bytes) -> None:
    assert is_normal(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"*",
        b"t/aoba",
        b"//",
        b"//evil.example/",
        b"/t//aoba",
        b"/t/aoba//",
        b"/./t",
        b"/t/..",
        b"/t/../api",
        b"/t/...",
        b"/t/aoba./token",
        b"/t/aoba/token.",
        b"/t/..;/api",
        b"/t/aoba;x=1/token",
        b"/t/%2e%2e/api",
        b"/t/%2E",
        b"/t/a%2fb",
        b"/t/a%2Fb",
        b"/t/a%5cb",
        b"/t/a%5Cb",
        b"/t/a\\b",
        b"/t/a%3Bb",
        b"/t/%61oba/token",
        b"/t/a%252e",
        b"/t/a%00",
        b"/t/a%0A",
        b"/t/a%7F",
        b"/t/a\n",
        b"/t/a b",
        b"/t/\xc3\xa9",
        b"/t/%C3%A9",
        b"/a%3ab",
        b"/a%",
        b"/a%4",
        b"/a%zz",
        b"/a?b",
        b"/a#b",
    ],
)
def test_tricks_on_the_path_are_not(path: bytes) -> None:
    assert not is_normal(path)


def test_a_long_path_is_judged_in_no_time() -> None:
    assert not is_normal(b"/a." * 20_000 + b"\\")


@pytest.mark.parametrize("slug", ["a", "7", "aoba", "a-b", "a--b", "a" * 63])
def test_slugs(slug: str) -> None:
    assert is_slug(slug)


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a.b", "a" * 64, "a\n", "é", "٣", "a b", "{tenant}"])
def test_what_is_no_slug(slug: str) -> None:
    assert not is_slug(slug)


def test_a_path_is_split_at_its_tenant() -> None:
    assert split_tenant("/t/aoba/saml/sso") == ("aoba", "/saml/sso")
    assert split_tenant("/t/aoba/") == ("aoba", "/")
    assert split_tenant("/t/aoba") == ("aoba", "")
    assert split_tenant("/t") is None
    assert split_tenant("/console/t/aoba") is None
