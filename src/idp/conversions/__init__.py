"""Settings of other providers, said as our configuration: a document for `idp apply`, and all that it does not say.

Whatever is read is marked as read, and whatever says something and was not read is told: nothing is lost in silence.
No secret gets into the document: those that a file holds are handed out beside it, for a place that it then names.
"""

from collections.abc import Callable, Mapping
from typing import Any

from idp.conversions import auth0, keycloak
from idp.conversions.model import Converted, Omission, Unconvertible

__all__ = ["PROVIDERS", "Converted", "Omission", "Unconvertible", "convert"]

PROVIDERS: Mapping[str, Callable[..., Converted]] = {"keycloak": keycloak.convert, "auth0": auth0.convert}


def convert(provider: str, document: Any, slug: str, *, with_secrets: bool) -> Converted:
    """`with_secrets`: they are handed out, and the document names files for them. Raises `Unconvertible`."""
    return PROVIDERS[provider](document, slug, with_secrets=with_secrets)
