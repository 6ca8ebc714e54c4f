"""What a handler gives back, and its way over the wire."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starlette.responses import Response, StreamingResponse

from idp.kit.errors import Failure, Stale

Document = dict[str, Any]
_STAR = "*"


class Answer(NamedTuple):
    """`etag`, `location` and `vary` as they stand in the header; `body` None for no content."""

    status: int
    body: Document | None
    etag: str | None = None
    location: str | None = None
    vary: str | None = None

    def response(self) -> Response:
        headers = {}
        if self.vary is not None:
            headers["Vary"] = self.vary
        if self.etag is not None:
            headers["ETag"] = self.etag
        if self.location is not None:
            headers["Location"] = self.location
        if self.body is None:
            return Response(status_code=self.status, headers=headers)
        content = json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(content, self.status, headers, media_type="application/json")


class File(NamedTuple):
    """What was asked for in another form than JSON: `name` is what to call it when it is kept."""

    content: bytes
    media_type: str
    name: str

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'

    def response(self) -> Response:
        headers = {
            "ETag": self.etag,
            "Vary": "Accept",
            "Content-Disposition": f'attachment; filename="{self.name}"',
        }
        return Response(self.content, 200, headers, media_type=self.media_type)


class Stream(NamedTuple):
    """What is made while it is sent. What fails on the way breaks the answer off."""

    parts: Iterator[bytes]
    media_type: str
    name: str

    def response(self) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="{self.name}"'}
        return StreamingResponse(self.parts, 200, headers, media_type=self.media_type)


class NotModified(Failure):
    """The caller has this very representation (RFC 9110 13.1.2)."""

    def __init__(self, etag: str) -> None:
        super().__init__("not_modified")
        self.etag = etag


def etag_of(version: int, body: Mapping[str, Any]) -> str:
    """The stored version, and a digest of what is shown: dates change what is shown though nothing was written."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
    return f'"{version}-{digest}"'


class Conditions(NamedTuple):
    """The conditional fields of a request, as they came; None where there were none."""

    if_match: str | None
    if_none_match: str | None

    def expected(self, version: int) -> int | None:
        """The version on which the caller's act depends, for the room to compare once more; None: on none.

        `version` is the present one. It alone is compared: an act depends on what was written, not on what a date or a
        count shows since. Raises `Stale`.
        """
        if self.if_match is None or self.if_match.strip() == _STAR:
            return None
        # a weak tag never matches here (RFC 9110 13.1.1), nor does anything that is not a tag of ours
        if any(tag.startswith(f'"{version}-') for tag in _tags(self.if_match)):
            return version
        raise Stale("if-match")

    def refuse_unchanged(self, etag: str) -> None:
        """Raises `NotModified`."""
        if self.if_none_match is None:
            return
        seen = {tag.removeprefix("W/") for tag in _tags(self.if_none_match)}
        if etag in seen or self.if_none_match.strip() == _STAR:
            raise NotModified(etag)


def _tags(field: str) -> list[str]:
    return [tag.strip() for tag in field.split(",")]
