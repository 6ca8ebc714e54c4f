"""Signature wrapping: an honest signed message is put somewhere, and another one where it was, in every combination."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import product
from typing import Protocol

from tests.support.xml_keys import Pair, rsa_pair

from idp import xml
from idp.signing import SignatureAlg
from idp.xml import DS, MD, Element


class Wrappable(Protocol):
    """A kind of message: how it is made by an issuer, where its signature stands, and what may contain anything."""

    @property
    def make(self) -> Callable[[str, str], Element]: ...
    @property
    def place(self) -> int: ...
    @property
    def extensions(self) -> str: ...


# Where the honest message goes, with what stands in its place.
HIDING = [
    "nowhere",
    "extensions",
    "object",
    "key info",
    "first child",
    "last child",
    "inside out",
    "before",
    "value",
]
SIGNING = ["moved", "copied", "left", "moved to the end", "moved to the front", "twice"]
NAMING = ["its own", "the same", "exchanged", "the same in other letters", "none"]


def wrapped(
    target: Wrappable,
    hiding: str,
    signing: str,
    naming: str,
    *,
    honest_one: str,
    evil_one: str,
    pair: Pair | None = None,
) -> Element:
    """Two messages of two issuers in one document; the honest one is signed by `pair`."""
    honest, evil = target.make(honest_one, "_honest"), target.make(evil_one, "_evil")
    xml.sign(honest, (pair or rsa_pair()).key, place=target.place, alg=SignatureAlg.RSA_SHA256)
    _name(honest, evil, naming)
    signature = honest[target.place]
    if signing != "left":
        evil.insert(_spot(evil, target, signing), deepcopy(signature))
    if signing == "twice":
        evil.insert(target.place, deepcopy(signature))
    if signing not in {"copied", "left"}:
        honest.remove(signature)
    return _hide(target, hiding, honest, evil)


def _spot(evil: Element, target: Wrappable, signing: str) -> int:
    return {"moved to the end": len(evil), "moved to the front": 0}.get(signing, target.place)


def _name(honest: Element, evil: Element, naming: str) -> None:
    if naming in {"the same", "exchanged"}:
        evil.set("ID", "_honest")
    if naming == "exchanged":
        honest.set("ID", "_evil")
    if naming in {"none", "the same in other letters"}:
        del evil.attrib["ID"]
    if naming == "the same in other letters":
        evil.set("Id", "_honest")


def _hide(target: Wrappable, hiding: str, honest: Element, evil: Element) -> Element:
    if hiding == "inside out":
        return _inside(honest, evil, target.extensions)
    if hiding == "extensions":
        return _inside(evil, honest, target.extensions)
    if hiding in {"object", "key info", "value"}:
        names = {"object": "Object", "key info": "KeyInfo", "value": "SignatureValue"}
        inner = DS.make("Object") if hiding == "object" else next(evil.iter(DS(names[hiding])), None)
        if inner is not None:
            inner.append(honest)
            if hiding == "object":
                next(evil.iter(DS("Signature")), evil).append(inner)
    elif hiding != "nowhere":
        evil.insert({"first child": 0, "before": target.place, "last child": len(evil)}[hiding], honest)
    return evil


def _inside(outer: Element, inner: Element, name: str) -> Element:
    extensions = xml.SAML.make("x", inner)
    extensions.tag = name
    place = 2 if outer.tag != MD("EntityDescriptor") else 1
    outer.insert(min(place, len(outer)), extensions)
    return outer


def every() -> Iterator[tuple[str, str, str]]:
    return product(HIDING, SIGNING, NAMING)
