"""The only parser of XML from outside. What it lets through has no DTD, entities, comments, instructions or CDATA, is
UTF-8, and is bounded in every direction; most of that is seen in the bytes, before anything is parsed.

In well-formed XML each `<!` opens a DTD, a comment or CDATA, and each `<?` an instruction: text has them escaped
(XML 1.0 2.4). So none of them means none of those, whatever a parser would make of them.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from lxml import etree

Element = etree._Element

LARGEST_MESSAGE = 256 * 1024
_DEEPEST = 64
_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')"""
    rb"""(?:\s+encoding\s*=\s*(?:"utf-8"|'utf-8'))?"""
    rb"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>""",
    re.IGNORECASE,
)
_BOM = b"\xef\xbb\xbf"
_NOT_A_COMMENT = re.compile(rb"<!(?!--)")


class Limits(NamedTuple):
    """In bytes, and in elements and attributes of the whole document. `comments`: are left out instead of refused."""

    size: int
    elements: int
    attributes: int
    comments: bool
    namespaces: int = 2_000  # what they cost when a document is made canonical can grow with their square


MESSAGE = Limits(LARGEST_MESSAGE, 5_000, 5_000, comments=False)
METADATA = Limits(1024 * 1024, 20_000, 20_000, comments=True)  # people write those, and put comments into them
AGGREGATE = Limits(10 * 1024 * 1024, 250_000, 250_000, comments=True, namespaces=60_000)  # of thousands of services


class BadXml(ValueError):
    """`code` is stable; the message is a sentence that may be shown to whoever sent the document."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read(data: bytes, limits: Limits = MESSAGE) -> Element:
    """The root of the document. Raises `BadXml`."""
    _refuse_bytes(data, limits)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        collect_ids=False,
        remove_comments=limits.comments,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(_without_declaration(data), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXml("not_xml", "The document is not well-formed XML.") from error
    _refuse_tree(root, limits)
    return root


def _refuse_bytes(data: bytes, limits: Limits) -> None:
    if len(data) > limits.size:
        raise BadXml("too_large", f"The document is larger than {limits.size} bytes.")
    if data.count(b"<") > 2 * limits.elements:
        raise BadXml("too_large", f"The document has more than {limits.elements} elements.")
    if data.count(b"xmlns") > limits.namespaces:
        raise BadXml("too_large", f"The document declares more than {limits.namespaces} namespaces.")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise BadXml("not_utf8", "The document is not UTF-8.") from error
    if b"<?" in _without_declaration(data):
        detail = "The document has a processing instruction, or declares another encoding than UTF-8."
        raise BadXml("instruction", detail)
    if _NOT_A_COMMENT.search(data):
        raise BadXml("dtd", "The document has a DTD or a CDATA section.")
    if b"<!" in data and not limits.comments:
        raise BadXml("comment", "The document has a comment.")


def _without_declaration(data: bytes) -> bytes:
    data = data.removeprefix(_BOM)
    found = _DECLARATION.match(data)
    return data[found.end() :] if found else data


def _refuse_tree(root: Element, limits: Limits) -> None:
    queries = _queries()
    if queries.elements(root) > limits.elements or queries.attributes(root) > limits.attributes:
        raise BadXml("too_large", "The document has too many elements or attributes.")
    if queries.too_deep(root):
        raise BadXml("too_deep", f"Elements stand more than {_DEEPEST} deep in one another.")
    ids = queries.ids(root)
    if len(ids) != len(set(ids)):
        raise BadXml("duplicate_id", "Two elements have the same ID.")


class _Queries(NamedTuple):
    elements: Callable[[Element], Any]
    attributes: Callable[[Element], Any]
    too_deep: Callable[[Element], Any]
    ids: Callable[[Element], Any]


@cache
def _queries() -> _Queries:
    deepest = "/*" * (_DEEPEST + 1)
    return _Queries(
        etree.XPath("count(//*)"),
        etree.XPath("count(//@*)"),
        etree.XPath(f"boolean({deepest})"),
        etree.XPath("//@ID | //@Id | //@id | //@xml:id", smart_strings=False),
    )
