"""The built files that pages are served with, read once. They ship in the package: installing needs no Node."""

import hashlib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


class StaticFile(NamedTuple):
    content: bytes
    media_type: str
    digest: str


def static_files() -> Mapping[str, StaticFile]:
    """Every file by name. All carry one digest, taken over them all: so the stylesheet can name its font relatively."""
    folder = resources.files("idp.web").joinpath("static")
    contents = {entry.name: entry.read_bytes() for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)}
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    digest = whole.hexdigest()[:16]
    return MappingProxyType(
        {name: StaticFile(content, _media_type(name), digest) for name, content in contents.items()}
    )


def _media_type(name: str) -> str:
    return _MEDIA_TYPES[name[name.rindex(".") :]]


def asset_headers(media_type: str) -> dict[str, str]:
    """For answers whose address holds their digest: files under `/static`, and a tenant's `brand.css`."""
    return {
        "Content-Type": media_type,
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
