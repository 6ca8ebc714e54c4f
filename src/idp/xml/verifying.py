"""Verifying: exactly one shape of XML Signature is known, everything else that the standard allows is refused.

One signature in the whole document, a child of the signed element at the place where its schema has it; one reference,
to the ID of that element; enveloped, then made canonical; algorithms from a list; nothing beside that. Keys are those
that the caller brings: `KeyInfo` is not looked at. What the caller gets is parsed anew from the bytes that were
digested, so an element that was not signed cannot be looked at (signature wrapping), and no second parser ever reads
the document differently from the first.
"""

import base64
import hmac
from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple, TypeVar

from idp.signing import Certificate, DigestAlg, SignatureAlg, any_verifies
from idp.xml import c14n
from idp.xml.names import DS, EXC
from idp.xml.reading import MESSAGE, Element, Limits, read
from idp.xml.signatures import ENVELOPED

A = TypeVar("A", SignatureAlg, DigestAlg)

_MOST_PREFIXES = 20
_LONGEST_VALUE = 4_096


class BadSignature(ValueError):
    """`code` says what was wrong; for a trace, not for whoever sent it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Signature(NamedTuple):
    """One of the one shape, taken apart. The prefixes are those of the two canonical forms."""

    info: Element
    info_prefixes: list[str]
    alg: SignatureAlg
    value: bytes
    prefixes: list[str]
    digest_alg: DigestAlg
    digest: bytes


def signature_of(element: Element) -> Element | None:
    """The signature that stands in it, wherever; None: the document has none at all."""
    return next(element.getroottree().getroot().iter(DS("Signature")), None)


def verify(
    element: Element, certificates: Sequence[Certificate], *, place: int, sha1: bool = False, limits: Limits = MESSAGE
) -> Element:
    """What was signed, without the signature, as its own document. Raises `BadSignature`, and `BadXml`."""
    found = _take_apart(element, place)
    if not sha1 and (found.alg.is_weak or found.digest_alg.is_weak):
        raise BadSignature("weak_algorithm")
    signed_info = c14n.canonical(found.info, found.info_prefixes)
    if not any_verifies(certificates, found.alg, signed_info, found.value):
        raise BadSignature("not_by_a_registered_key")
    signed = c14n.canonical(_without_signature(element, place), found.prefixes)
    if not hmac.compare_digest(found.digest_alg.digest(signed), found.digest):
        raise BadSignature("altered")
    return read(signed, limits)


def _take_apart(element: Element, place: int) -> _Signature:
    """SAML core 5.4.1 to 5.4.6; XML Signature 4."""
    everywhere = list(element.getroottree().getroot().iter(DS("Signature")))
    if not everywhere:
        raise BadSignature("unsigned")
    if len(everywhere) != 1 or len(element) <= place or element[place] is not everywhere[0]:
        raise BadSignature("misplaced")
    signature = everywhere[0]
    info, value = _children(signature, "SignedInfo", "SignatureValue", optional="KeyInfo", attributes={"Id"})[:2]
    form, method, reference = _children(info, "CanonicalizationMethod", "SignatureMethod", "Reference")
    transforms, digest_method, digest = _children(
        reference, "Transforms", "DigestMethod", "DigestValue", attributes={"URI"}
    )
    if not element.get("ID") or reference.get("URI") != f"#{element.get('ID')}":
        raise BadSignature("reference")
    enveloped, canonical = _children(transforms, "Transform", "Transform")
    _algorithm(enveloped, ENVELOPED)
    return _Signature(
        info,
        _prefixes(form),
        _known(SignatureAlg, method),
        _decoded(value),
        _prefixes(canonical),
        _known(DigestAlg, digest_method),
        _decoded(digest),
    )


def _children(
    parent: Element, *names: str, optional: str = "", attributes: frozenset[str] | set[str] = frozenset()
) -> list[Element]:
    children = list(parent)
    expected = [DS(name) for name in names]
    found = [child.tag for child in children]
    if found != expected and not (optional and found == [*expected, DS(optional)]):
        raise BadSignature("shape")
    if not set(parent.attrib) <= attributes:
        raise BadSignature("shape")
    return children


def _algorithm(method: Element, expected: str) -> None:
    if method.items() != [("Algorithm", expected)] or len(method):
        raise BadSignature("algorithm")


def _known(known: type[A], method: Element) -> A:
    try:
        found = known(method.get("Algorithm", ""))
    except ValueError:
        raise BadSignature("algorithm") from None
    _algorithm(method, found.value)  # no HMACOutputLength (CVE-2009-0217), no parameters at all
    return found


def _prefixes(method: Element) -> list[str]:
    """Of exc-c14n 3, and no other algorithm."""
    if method.items() != [("Algorithm", c14n.ALGORITHM)] or len(method) > 1:
        raise BadSignature("algorithm")
    if not len(method):
        return []
    inclusive = method[0]
    listed = inclusive.get("PrefixList", "").split()
    if inclusive.tag != EXC("InclusiveNamespaces") or len(inclusive) or len(listed) > _MOST_PREFIXES:
        raise BadSignature("algorithm")
    return listed


def _decoded(value: Element) -> bytes:
    text = "".join((value.text or "").split())
    if len(value) or len(text) > _LONGEST_VALUE or not text:
        raise BadSignature("shape")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadSignature("shape") from None


def _without_signature(element: Element, place: int) -> Element:
    """The enveloped-signature transform (XML Signature 6.6.4): the text behind the signature stays."""
    copy = deepcopy(element)
    signature = copy[place]
    if place:
        copy[place - 1].tail = (copy[place - 1].tail or "") + (signature.tail or "")
    else:
        copy.text = (copy.text or "") + (signature.tail or "")
    copy.remove(signature)
    return copy
