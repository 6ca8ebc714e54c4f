"""What becomes a logo and what does not (SECURITY section 1, 20: only pictures that we have written ourselves)."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.support.rooms import World

from idp import tenants
from idp.tenants.logos import LARGEST, NotALogo


def picture(kind: str, size: tuple[int, int] = (64, 32), mode: str = "RGB", **more: Any) -> bytes:
    written = BytesIO()
    Image.new(mode, size, 1 if mode in "1LP" else "#0a7b52").save(written, kind, **more)
    return written.getvalue()


def opened(image: bytes) -> Image.Image:
    found = Image.open(BytesIO(image))
    found.load()
    return found


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claiming(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG whose header promises a picture of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_the_usual_kinds_becomes_a_png(kind: str) -> None:
    made = opened(tenants.encode_logo(picture(kind)))
    assert (made.format, made.size, made.mode) == ("PNG", (64, 32), "RGBA")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA"])
def test_every_way_to_hold_pixels_is_read(mode: str) -> None:
    assert opened(tenants.encode_logo(picture("PNG", mode=mode if mode != "LA" else "L"))).mode == "RGBA"


def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    assert opened(tenants.encode_logo(picture("PNG", (2048, 1024)))).size == (256, 128)


def test_a_picture_taken_upright_stays_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    assert opened(tenants.encode_logo(picture("JPEG", (64, 32), exif=exif.tobytes()))).size == (32, 64)


def test_nothing_of_what_was_sent_is_kept_but_the_pixels() -> None:
    said = PngInfo()
    said.add_text("Comment", "<script>alert(1)</script>")
    sent = picture("PNG", pnginfo=said, icc_profile=b"<script>profile</script>") + b"<script>trailing</script>"
    assert b"script" in sent
    assert b"script" not in tenants.encode_logo(sent)
    assert set(opened(tenants.encode_logo(sent)).info) == set()


@pytest.mark.parametrize(("width", "height"), [(2049, 1), (1, 2049), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    with pytest.raises(NotALogo) as caught:
        tenants.encode_logo(claiming(width, height, bytes(1000)))
    assert caught.value.code in ("out_of_range", "invalid_image")


def test_the_largest_picture_that_is_taken_is_taken() -> None:
    assert opened(tenants.encode_logo(picture("PNG", (2048, 2048)))).size == (256, 256)
    with pytest.raises(NotALogo) as caught:
        tenants.encode_logo(picture("PNG", (2049, 2048)))
    assert (caught.value.code, caught.value.found, caught.value.expected) == ("out_of_range", "2049x2048", "2048x2048")


def test_a_file_that_is_too_large_is_refused_by_its_size_alone() -> None:
    with pytest.raises(NotALogo) as caught:
        tenants.encode_logo(bytes(LARGEST + 1))
    assert (caught.value.code, caught.value.found, caught.value.expected) == ("too_large", LARGEST + 1, LARGEST)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + bytes(100),
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture("PNG")[:60],
        picture("JPEG")[:200],
        picture("WEBP")[:40],
        claiming(64, 64),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"x"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=[
        "nothing",
        "svg",
        "half-gif",
        "gif",
        "bmp",
        "tiff",
        "cut-png",
        "cut-jpeg",
        "cut-webp",
        "empty",
        "header",
        "ps",
    ],
)
def test_what_is_no_picture_of_those_kinds_is_refused(sent: bytes) -> None:
    with pytest.raises(NotALogo) as caught:
        tenants.encode_logo(sent)
    assert caught.value.code == "invalid_image"
    assert caught.value.found == f"{len(sent)} bytes"


def test_a_logo_is_kept_apart_and_moves_the_revision(world: World) -> None:
    image = tenants.encode_logo(picture("PNG"))
    with world.open() as unit:
        before = tenants.get(unit)
        tenants.set_logo(unit, image)
        after = tenants.get(unit)
        assert (before.logo, after.logo) == (None, tenants.logo_digest(image))
        assert after.revision > before.revision
        assert tenants.logo(unit) == image
    with world.open(world.midori) as unit:
        assert (tenants.get(unit).logo, tenants.logo(unit)) == (None, None)
    with world.open() as unit:
        other = tenants.encode_logo(picture("PNG", (9, 9)))
        tenants.set_logo(unit, other)
        assert tenants.logo(unit) == other
        tenants.set_logo(unit, None)
        assert (tenants.get(unit).logo, tenants.logo(unit)) == (None, None)
        assert tenants.get(unit).revision > after.revision
    assert world.events().count("tenant.changed") == 3
