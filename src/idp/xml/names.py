"""Names of the vocabularies, and the prefixes that our own documents give them."""

from lxml import etree

from idp.xml.reading import BadXml, Element


class Namespace:
    """`SAML("Issuer")` is the name as lxml has it; `SAML.make("Issuer", "text", Format="…")` makes the element."""

    def __init__(self, uri: str, prefix: str) -> None:
        self.uri = uri
        self.prefix = prefix
        self._map = {prefix: uri}

    def __call__(self, name: str) -> str:
        return f"{{{self.uri}}}{name}"

    def make(self, name: str, *content: "Element | str | None", **attributes: "str | None") -> Element:
        """Its text, or its children, and its attributes, in that order; None is left out. Raises `BadXml` for text that
        has no form in XML at all: control characters, and halves of characters (XML 1.0 2.2)."""
        made = etree.Element(f"{{{self.uri}}}{name}", nsmap=self._map)
        try:
            for key, value in attributes.items():
                if value is not None:
                    made.set(key, value)
            for each in content:
                if isinstance(each, str):
                    made.text = each
                elif each is not None:
                    made.append(each)
        except ValueError as error:
            raise BadXml("text", "The text has characters that no document can have.") from error
        return made


DS = Namespace("http://www.w3.org/2000/09/xmldsig#", "ds")
EXC = Namespace("http://www.w3.org/2001/10/xml-exc-c14n#", "ec")
XENC = Namespace("http://www.w3.org/2001/04/xmlenc#", "xenc")
XENC11 = Namespace("http://www.w3.org/2009/xmlenc11#", "xenc11")
SAML = Namespace("urn:oasis:names:tc:SAML:2.0:assertion", "saml")
SAMLP = Namespace("urn:oasis:names:tc:SAML:2.0:protocol", "samlp")
MD = Namespace("urn:oasis:names:tc:SAML:2.0:metadata", "md")
ECP = Namespace("urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp", "ecp")
SOAP = Namespace("http://schemas.xmlsoap.org/soap/envelope/", "S")
XML = Namespace("http://www.w3.org/XML/1998/namespace", "xml")
