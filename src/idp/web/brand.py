"""How a tenant looks on its pages: a name, one checked colour, a logo served by us, a line of help.

The colour reaches the page as a small stylesheet of its own (`brand.css`), because the pages' policy allows no inline
style. A tenant can never put anything but a colour into it.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from idp.web import palette
from idp.web.paths import is_slug

# The lightest surface that coloured letters stand on, by day and by night; web/app.css, base-200.
_DAY, _NIGHT = "#f7f8fa", "#171b22"
_EDGE = "#868c9c"  # the edge of a button whose colour can hardly be told from the page; web/app.css, field
_VISIBLE = 1.25
_NIGHT_CONTRAST = 6.0  # calmer to read at night than the bare minimum
_PANEL_CONTRAST = 10.0  # half a screen of colour: dark enough not to glare

_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9._~%-][A-Za-z0-9._~/?=&%+:@!$'()*,;-]*)?")
_COMPANY_FORMS = re.compile(
    r"(?:株式会社|有限会社|合同会社|合資会社|合名会社|[一公][般益][社財]団法人|医療法人|学校法人|[(（]株[)）]|㈱)\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """`colour` is `#rrggbb`; `logo_url` a path of ours or None (then a letter); `slug` None for the platform itself."""

    slug: str | None
    name: str
    colour: str
    logo_url: str | None = None
    help_text: str | None = None

    def __post_init__(self) -> None:
        if not palette.is_colour(self.colour):
            raise ValueError("colour: six hexadecimal digits after #")
        if self.slug is not None and not is_slug(self.slug):
            raise ValueError("slug: not the slug of a tenant")
        if self.logo_url is not None and not is_own_path(self.logo_url):
            raise ValueError("logo_url: a path on our own host")

    @property
    def letter(self) -> str:
        """What stands in for a logo."""
        return letter(self.name)

    @property
    def stylesheet(self) -> str | None:
        """The address of its `brand.css`; None where the platform's own colours stay."""
        if self.slug is None:
            return None
        return f"/t/{self.slug}/brand.css?v={hashlib.sha256(brand_css(self)).hexdigest()[:16]}"


PLATFORM = Brand(slug=None, name="Warifu", colour="#3b4cca")


def logo_path(slug: str, digest: str) -> str:
    """Where a tenant's logo is; another logo has another address."""
    return f"/t/{slug}/logo?v={digest}"


def letter(name: str) -> str:
    """The first letter or digit of a name, after 株式会社 and its kind; `#` where there is none."""
    bare = _COMPANY_FORMS.sub("", name.strip(), count=1)
    return next((char.upper()[:1] for char in bare if unicodedata.category(char)[0] in "LN"), "#")


def is_own_path(url: str) -> bool:
    """A path on this very host: no scheme, no `//host`, nothing that needs escaping."""
    return _OWN_PATH.fullmatch(url) is not None


def brand_css(brand: Brand) -> bytes:
    """The tenant's colours as CSS variables, by day and by night; every pair of letters and ground reaches 4.5."""
    return _css(brand.colour.lower())


@lru_cache(maxsize=1024)
def _css(colour: str) -> bytes:
    dark = palette.darker_until(colour, against=_DAY, contrast_of=palette.READABLE)
    light = palette.lighter_until(palette.vivid(colour), against=_NIGHT, contrast_of=_NIGHT_CONTRAST)
    deep = palette.darker_until(colour, against=palette.WHITE, contrast_of=_PANEL_CONTRAST)
    day = {**_button(colour), **_text_and_panel(dark, colour)}
    night = {**_button(light), **_text_and_panel(light, deep)}
    return f":root{_block(day)}@media (prefers-color-scheme:dark){{:root{_block(night)}}}\n".encode()


def _button(ground: str) -> dict[str, str]:
    letters = palette.letters_on(ground)
    return {
        "--brand": ground,
        "--brand-content": letters,
        "--brand-hover": palette.away_from(letters, ground),
        "--brand-edge": ground if palette.contrast(ground, _DAY) >= _VISIBLE else _EDGE,
    }


def _text_and_panel(text: str, panel: str) -> dict[str, str]:
    return {"--brand-text": text, "--brand-panel": panel, "--brand-panel-content": palette.letters_on(panel)}


def _block(variables: dict[str, str]) -> str:
    return "{" + ";".join(f"{name}:{value}" for name, value in variables.items()) + "}"
