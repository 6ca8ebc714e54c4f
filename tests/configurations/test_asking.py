"""What a document points to is fetched before anything is changed, and only where it is needed."""

import json
from typing import Any

from tests.configurations.conftest import Home
from tests.support.xml_keys import rsa_pair

from idp.kit.egress import Answer, Reason, Unreachable

HEAD = "version: 1\ntenants:\n- slug: aoba\n  services:\n"
URL = "https://wiki.example/metadata"
SECTOR = "https://sector.example/uris.json"
SAML = f"  - {{name: wiki, protocol: saml, saml: {{metadata_url: '{URL}'}}}}\n"
OIDC = f"""  - name: board
    protocol: oidc
    oidc:
      redirect_uris: [https://one.example/cb, https://two.example/cb]
      subject_type: pairwise
      sector_identifier_uri: {SECTOR}
"""


class Outside:
    """What stands at addresses of others; `asked` are those that somebody fetched."""

    def __init__(self, **pages: str) -> None:
        self.pages = {URL: pages.get("metadata"), SECTOR: pages.get("sector")}
        self.asked: list[str] = []

    def fetch(self, url: str, **_: Any) -> Answer:
        self.asked.append(url)
        page = self.pages[url]
        if page is None:
            raise Unreachable(Reason.UNCONNECTED)
        return Answer(200, "application/json", page.encode())


def metadata() -> str:
    return (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://wiki.example/sp">'
        '<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true">'
        '<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>'
        f"{rsa_pair('services').certificate.text}"
        "</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        '<AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        ' Location="https://wiki.example/acs"/></SPSSODescriptor></EntityDescriptor>'
    )


def test_metadata_and_the_document_of_a_sector_are_fetched_once_and_not_again(home: Home, elsewhere: Home) -> None:
    uris = json.dumps(["https://one.example/cb", "https://two.example/cb"])
    outside = Outside(metadata=metadata(), sector=uris)
    assert home.apply(HEAD + SAML + OIDC, outside=outside).done
    assert sorted(outside.asked) == [SECTOR, URL]
    for prune in (False, True):
        again = Outside()
        assert not home.apply(HEAD + SAML + OIDC, outside=again, prune=prune).plan.steps
        assert again.asked == []
    told = home.export()
    assert "entity_id: https://wiki.example/sp" in told
    assert "authn_requests_signed: true" in told  # what metadata say beside: nobody has to fetch them to know it
    there = Outside(sector=uris)
    elsewhere.apply(told, outside=there)
    assert there.asked == [SECTOR]
    assert elsewhere.export() == told


def test_what_cannot_be_fetched_is_told_where_it_is_said(home: Home) -> None:
    assert [fault[1:] for fault in home.refusal(HEAD + SAML + OIDC, outside=Outside())] == [
        ("/tenants/0/services/0/saml/metadata_url", "unreachable"),
        ("/tenants/0/services/1/oidc/sector_identifier_uri", "unreachable"),
    ]
