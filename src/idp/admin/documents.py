"""The body of a request: JSON with one reading, an object, of the media type that was promised."""

from typing import Any, NamedTuple

from idp.admin.errors import UnsupportedMediaType
from idp.kit.errors import FieldError, Invalid
from idp.web import strict_json

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"  # RFC 7396 4: taken for changes beside the plain type


_SHIFT_JIS = frozenset({"shift_jis", "shift-jis", "sjis", "windows-31j", "cp932"})


class SentFile(NamedTuple):
    """`charset` is `utf-8` or `shift_jis`."""

    body: bytes
    charset: str


def read_file(body: bytes, content_type: str | None, *, media_type: str) -> SentFile:
    """Raises `UnsupportedMediaType`."""
    kind, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    said = [each.partition("=")[2].strip('"') for each in parameters if each.startswith("charset=")] or ["utf-8"]
    if kind != media_type or len(said) > 1 or said[0] not in {"utf-8", "us-ascii", *_SHIFT_JIS}:
        raise UnsupportedMediaType(f"{media_type} in UTF-8, or in Shift_JIS if its charset says so")
    return SentFile(body, "shift_jis" if said[0] in _SHIFT_JIS else "utf-8")


def refuse_encoded(body: bytes, encoding: str | None) -> None:
    """Nothing is unpacked here, and nothing that is said to be packed is read as if it were not (RFC 9110 15.5.16).
    Raises `UnsupportedMediaType`."""
    if body and encoding is not None and encoding.strip().lower() != "identity":
        raise UnsupportedMediaType("sent without a content encoding")


def read(body: bytes, content_type: str | None, *, takes: bool, patch: bool) -> dict[str, Any]:
    """No body counts as an empty document: what it lacks is then named; where none belongs, an empty one says as little
    as no body. Raises `Invalid`, `UnsupportedMediaType`."""
    if not takes:
        if body and strict_json.loads(body) != {}:
            raise _wrong("unexpected_body", "This request carries no document.")
        return {}
    if not body:
        return {}
    _check_type(content_type, patch=patch)
    document, unfit = strict_json.read(body)
    if not isinstance(document, dict):
        raise _wrong("invalid_type", "The document must be an object.", expected="object")
    if unfit:
        raise Invalid("invalid", "Some fields are wrong.", errors=[FieldError(*each) for each in unfit])
    return document


def _check_type(content_type: str | None, *, patch: bool) -> None:
    kind, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    if kind not in ((JSON, MERGE_PATCH) if patch else (JSON,)) or any(
        parameter and parameter.replace('"', "") != "charset=utf-8" for parameter in parameters
    ):
        raise UnsupportedMediaType(f"{JSON} in UTF-8")


def _wrong(code: str, detail: str, expected: str | None = None) -> Invalid:
    return Invalid("invalid", detail, errors=[FieldError("", code, detail, expected=expected)])
