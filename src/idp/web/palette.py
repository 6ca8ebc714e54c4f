"""Colours that can be read: contrast as WCAG 2.2 defines it, and the nearest shade that has enough of it."""

import colorsys
import re

BLACK, WHITE = "#000000", "#ffffff"
READABLE = 4.5  # WCAG 2.2 1.4.3, text of any size

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    return _COLOUR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def letters_on(background: str) -> str:
    """White where white can be read, else black; one of the two always reaches 4.58."""
    return WHITE if contrast(background, WHITE) >= READABLE else BLACK


def lighter_until(colour: str, *, against: str, contrast_of: float) -> str:
    """The nearest lighter shade of the same hue with that contrast to a dark ground; white if there is none."""
    shades = (_shade(colour, step / 100) for step in range(101))
    return next((shade for shade in shades if contrast(shade, against) >= contrast_of), WHITE)


def darker_until(colour: str, *, against: str, contrast_of: float) -> str:
    """The nearest darker shade of the same hue with that contrast to a light ground; black if there is none."""
    shades = (_shade(colour, -step / 100) for step in range(101))
    return next((shade for shade in shades if contrast(shade, against) >= contrast_of), BLACK)


def away_from(letters: str, colour: str) -> str:
    """A shade a step further from the letters that stand on it, so that they stay as readable or more so."""
    step = -0.06 if letters == WHITE else 0.06
    return _shade(colour, step)


def vivid(colour: str) -> str:
    """The same hue with more colour in it, for light letters on a dark ground; greys stay grey."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    return _written(colorsys.hls_to_rgb(hue, lightness, min(1.0, saturation * 1.6)))


def _shade(colour: str, step: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    return _written(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness + step)), saturation))


def _written(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _luminance(colour: str) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255
