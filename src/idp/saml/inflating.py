"""Base64 and DEFLATE, never further than a message may be long."""

import base64
import zlib

from idp.saml.errors import BadMessage
from idp.xml import LARGEST_MESSAGE

LONGEST_TEXT = LARGEST_MESSAGE * 3 // 2  # base64 takes four thirds, and line breaks
_RAW = -15


def from_base64(text: str, *, lines: bool) -> bytes:
    """RFC 4648 4; `lines` takes white space between (RFC 2045 6.8). Raises `BadMessage`."""
    if len(text) > LONGEST_TEXT:
        raise BadMessage("too_large", f"more than {LONGEST_TEXT} characters")
    try:
        return base64.b64decode("".join(text.split()) if lines else text, validate=True)
    except ValueError as error:
        raise BadMessage("not_base64") from error


def inflate(data: bytes) -> bytes:
    """RFC 1951, without a header around it (bindings 3.4.4.1). Stops at the first byte too many: a bomb costs no more
    than an honest message. Raises `BadMessage`."""
    stream = zlib.decompressobj(_RAW)
    try:
        found = stream.decompress(data, LARGEST_MESSAGE + 1)
    except zlib.error as error:
        raise BadMessage("not_deflated") from error
    if len(found) > LARGEST_MESSAGE:
        raise BadMessage("too_large", f"inflates to more than {LARGEST_MESSAGE} bytes")
    if not stream.eof or stream.unused_data:
        raise BadMessage("not_deflated")
    return found


def deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=_RAW)
    return stream.compress(data) + stream.flush()


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
