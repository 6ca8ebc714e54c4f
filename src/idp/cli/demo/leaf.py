"""The logo of the demonstration's first tenant, drawn here: a leaf (青葉) on its colour, nobody's mark."""

from io import BytesIO

_SIZE = 256
_GROUND, _BLADE = "#3b49c8", "#ffffff"
_FINE = 4  # drawn larger and scaled down: smooth edges


def leaf() -> bytes:
    """A PNG."""
    from PIL import Image, ImageChops, ImageDraw

    size = _SIZE * _FINE
    left, right = Image.new("L", (size, size)), Image.new("L", (size, size))
    # A leaf is where two circles meet; this one points up and to the right.
    ImageDraw.Draw(left).ellipse(_box(size, -0.28, -0.28, 1.12), fill=255)
    ImageDraw.Draw(right).ellipse(_box(size, 0.16, 0.16, 1.12), fill=255)
    blade = ImageChops.multiply(left, right)
    tile = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(tile)
    pen.rounded_rectangle((0, 0, size - 1, size - 1), radius=size // 5, fill=_GROUND)
    tile.paste(_BLADE, mask=blade)
    stem = [(size * 0.1, size * 0.9), (size * 0.66, size * 0.34)]
    pen.line(stem, fill=_GROUND, width=size // 28)
    written = BytesIO()
    tile.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _box(size: int, x: float, y: float, width: float) -> tuple[float, float, float, float]:
    return x * size, y * size, (x + width) * size, (y + width) * size
