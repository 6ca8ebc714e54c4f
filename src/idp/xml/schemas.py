"""The published schemas, compiled once and when first needed. They come with the package: nothing is ever fetched."""

from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from idp.xml.names import DS, ECP, MD, SAML, SAMLP, SOAP, XENC, XML
from idp.xml.reading import BadXml, Element

# SAML core, bindings and metadata of 2005-03-15 (OASIS); XML Signature, XML Encryption and SOAP 1.1 (W3C).
_FILES = {
    DS.uri: "xmldsig-core-schema.xsd",
    XENC.uri: "xenc-schema.xsd",
    XML.uri: "xml.xsd",
    SOAP.uri: "envelope.xsd",
    SAML.uri: "saml-schema-assertion-2.0.xsd",
    SAMLP.uri: "saml-schema-protocol-2.0.xsd",
    MD.uri: "saml-schema-metadata-2.0.xsd",
    ECP.uri: "saml-schema-ecp-2.0.xsd",
}
_LONGEST_REASON = 300


def refuse_unlike(root: Element, name: str) -> None:
    """Raises `BadXml` unless `root` has that name (as `Namespace` gives it) and everything in it is as published."""
    if root.tag != name:
        raise BadXml("wrong_root", f"The document is a {etree.QName(root).localname}.")
    try:
        _compiled().assertValid(root)
    except etree.DocumentInvalid as error:
        raise BadXml("schema", str(error)[:_LONGEST_REASON]) from error


@cache
def _compiled() -> etree.XMLSchema:
    """Of one schema that imports all others: a document is known by its root."""
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=True)
    parser.resolvers.add(_Packaged())
    xs = "http://www.w3.org/2001/XMLSchema"
    every = etree.Element(f"{{{xs}}}schema", nsmap={"xs": xs})
    for uri, name in _FILES.items():
        etree.SubElement(every, f"{{{xs}}}import", namespace=uri, schemaLocation=name)
    return etree.XMLSchema(etree.fromstring(etree.tostring(every), parser, base_url="schemas.xsd"))


class _Packaged(etree.Resolver):
    """Whatever place an import names: its last part is a file of ours, or it is empty."""

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:  # noqa: ARG002 - lxml passes three
        source: Any = super()
        name = system_url.rstrip("/").rpartition("/")[2]
        known = {"envelope": "envelope.xsd"}.get(name, name)
        if known not in _FILES.values():
            return source.resolve_empty(context)
        return source.resolve_string((files("idp.xml") / "xsd" / known).read_bytes(), context, base_url=known)
