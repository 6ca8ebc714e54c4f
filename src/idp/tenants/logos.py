"""What may be a tenant's logo: a small picture, decoded here and written anew, so that no byte which somebody sent is
ever shown in a browser. Pillow is loaded when the first one comes."""

import base64
import binascii
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple

from idp.kit.fields import Fields

LARGEST = 256 * 1024
MOST_PIXELS = 2048  # each way
SHOWN_PIXELS = 256
_FORMATS = ("PNG", "JPEG", "WEBP")
_KINDS = ["image/png", "image/jpeg", "image/webp"]


class NotALogo(ValueError):
    """With what a field error says of it; nothing of the picture itself."""

    def __init__(self, code: str, detail: str, *, found: object = None, expected: object = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.found = found
        self.expected = expected


class _Size(NamedTuple):
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def read(fields: Fields, name: str) -> bytes | None:
    """The PNG made from a member in base64; None where it is left out, or wrong and remembered as such."""
    value = fields.given(name)
    if value is None:
        return None
    try:
        return encode(_decoded(value))
    except NotALogo as fault:
        fields.refuse(name, fault.code, fault.detail, found=fault.found, expected=fault.expected)
        return None


def encode(image: bytes) -> bytes:
    """A PNG of at most 256x256 pixels from a PNG, JPEG or WebP, without its metadata. Raises `NotALogo`. Blocks."""
    from PIL import Image, ImageOps

    if len(image) > LARGEST:
        raise NotALogo("too_large", "The picture is too large.", found=len(image), expected=LARGEST)
    try:
        with Image.open(BytesIO(image), formats=_FORMATS) as opened:
            # Only the header has been read: a bomb is refused before a pixel of it is unpacked.
            _check_size(_Size(*opened.size))
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except NotALogo:
        raise
    except Exception as error:  # decoders of what anybody may send: what else they raise, nobody can list
        detail = "This is no picture that can be read."
        raise NotALogo("invalid_image", detail, found=f"{len(image)} bytes", expected=_KINDS) from error
    upright.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
    upright.info.clear()  # a colour profile would be copied as it came
    written = BytesIO()
    upright.save(written, "PNG", optimize=True)
    return written.getvalue()


def digest(image: bytes) -> str:
    return sha256(image).hexdigest()[:16]


def _decoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise NotALogo("invalid_type", "A picture is sent as a string.", found=type(value).__name__, expected="string")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        found = f"{len(value)} characters"
        raise NotALogo("invalid_format", "This is not base64.", found=found, expected="base64 (RFC 4648 4)") from None


def _check_size(size: _Size) -> None:
    if max(size) > MOST_PIXELS:
        limit = str(_Size(MOST_PIXELS, MOST_PIXELS))
        raise NotALogo("out_of_range", "The picture has too many pixels.", found=str(size), expected=limit)
