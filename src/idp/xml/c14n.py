"""How documents are written: as they stand, and in the one form in which they are signed, which is Exclusive XML
Canonicalization 1.0 without comments."""

from collections.abc import Sequence

from lxml import etree

from idp.xml.reading import BadXml, Element

ALGORITHM = "http://www.w3.org/2001/10/xml-exc-c14n#"


def written(element: Element) -> bytes:
    """In UTF-8. In lxml's own choice, ASCII, a name that is not ASCII would be no name."""
    return etree.tostring(element, encoding="utf-8", xml_declaration=False, with_tail=False)


def canonical(element: Element, prefixes: Sequence[str] = ()) -> bytes:
    """`prefixes`: those of an `InclusiveNamespaces`, that are treated as by the inclusive form (exc-c14n 3). Raises
    `BadXml` where there is no such form: a namespace whose name is no absolute URI (Canonical XML 1.3)."""
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=list(prefixes) or None
        )
    except etree.C14NError as error:
        raise BadXml("namespace", "A namespace of the document is no absolute URI.") from error
