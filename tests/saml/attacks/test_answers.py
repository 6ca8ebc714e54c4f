"""What we write: names stay text, answers say whom they are for, and nothing that is sent comes back as code."""

import re
from urllib.parse import quote

import pytest
from lxml import etree
from tests.security.acting import Active
from tests.support.desk import Desk
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, IDP, SSO, SamlParty, codes, register
from tests.support.saml_trial import Trial, Way, raw_response

from idp import users, xml
from idp.kit.clock import SECOND, rfc3339
from idp.saml.model import Status
from idp.xml import SAML, SAMLP

HOSTILE = [
    "admin@aoba.example<!---->.evil.example",
    "admin<!-- -->@aoba.example",
    "a]]>b",
    "<![CDATA[admin]]>",
    "</saml:AttributeValue><saml:AttributeValue>admin",
    '</saml:AttributeValue></saml:Attribute></saml:AttributeStatement><evil a="',
    '"/><saml:NameID>admin</saml:NameID>',
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "&lt;admin&gt; &amp; &#65; &x;",
    "{{7*7}} ${7*7} #{7*7} %{7*7}",
    "'\"`><script>alert(1)</script>",
    "https://evil.example/;groups=admin",
    "a,cn=admin;b=c",
    "admin  admin",
    "ａｄｍｉｎ",
    "آدمن",
]
NO_TEXT = ["a\ufffeb", "a\uffffb"]
UNSEEN = [
    *NO_TEXT,
    "a\u202eb",
    "a\u200fb",
    "a\u2066b",
    "a\x00b",
    "a\x08b",
    "a\x1bb",
    "a\x7fb",
    "a\x85b",
    "a\ud800b",
    "a\r\nb",
]


@pytest.fixture(scope="module")
def named(one: Provider) -> SamlParty:
    """It is told the name under which somebody signs in, as name and as an attribute."""
    return register(
        one,
        "named",
        nameid_format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        nameid_source="display_name",
        attributes=[{"name": "name", "source": "display_name"}, {"name": "mail", "source": "email"}],
    )


def call(one: Provider, name: str) -> None:
    with one.open() as unit:
        users.change(unit, one.user(), {"display_name": name})


@pytest.mark.attack("S11", "S12")
@pytest.mark.honest("S11", "S12")
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_is_told_as_it_is_and_as_nothing_but_text(trial: Trial, named: SamlParty, name: str) -> None:
    call(trial.provider, name)
    page = trial.browser.get(named.address())
    answer = named.read(page)
    assert answer.name_id.text == name
    assert answer.attributes == {"name": [name], "mail": ["taro@aoba.example"]}
    raw = raw_response(page)
    for sign in (b"<!", b"<?", b"]]>", b"\r"):
        assert sign not in raw
    root = etree.fromstring(raw)
    assert len(root.findall(f".//{SAML('NameID')}")) == 1
    assert root.xpath("//comment() | //processing-instruction()") == []


@pytest.mark.attack("S11")
@pytest.mark.parametrize("name", UNSEEN, ids=ascii)
@pytest.mark.parametrize("field", ["display_name", "user_name", "email"])
def test_a_name_that_hides_something_is_nobodys(trial: Trial, field: str, name: str) -> None:
    text = f"{name}@aoba.example" if field != "display_name" else name
    person = {"user_name": "x@aoba.example", "display_name": "x", "email": "x@aoba.example", "affiliation": "employee"}
    answer = desk(trial).ask("POST", "users", {**person, field: text})
    assert answer.status in {400, 422}, answer.text


@pytest.mark.attack("S11")
@pytest.mark.parametrize(
    "mail", ["a<!---->b@aoba.example", "a]]>@aoba.example", "a b@aoba.example", "<a>@aoba.example"]
)
def test_an_address_with_markup_is_nobodys(trial: Trial, mail: str) -> None:
    person = {"user_name": "x@aoba.example", "display_name": "x", "email": mail, "affiliation": "employee"}
    assert desk(trial).ask("POST", "users", person).status in {400, 422}


@pytest.mark.attack("S11")
@pytest.mark.parametrize("name", NO_TEXT, ids=ascii)
def test_a_name_that_no_document_can_have_is_told_to_nobody(
    trial: Trial, named: SamlParty, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:  # when such names were taken still
        earlier.setattr("idp.kit.fields._UNSEEN", re.compile("(?!)"))
        call(trial.provider, name)
    try:
        answer = named.read(trial.browser.get(named.address()))
    finally:
        call(trial.provider, "taro")
    assert answer.status == codes(Status.RESPONDER)
    assert answer.root.find(SAML("Assertion")) is None


def desk(trial: Trial) -> Desk:
    return Desk.of(trial.provider)


IDS = ['x"/><evil/>', "x<y", "x y", "1x", "x&y", "x\ny", "x:y", "'", "あ b", "-x", "x" * 1_025]


@pytest.mark.attack("S12")
@pytest.mark.parametrize("way", [Way.REDIRECT, Way.SIGNED_FORM], ids=lambda way: way.value)
@pytest.mark.parametrize("id_", IDS, ids=range(len(IDS)))
def test_a_request_is_named_by_a_name_or_refused(trial: Trial, way: Way, id_: str) -> None:
    trial.refuses(trial.send(way, ID=id_))


@pytest.mark.honest("S12")
@pytest.mark.parametrize("id_", ["_x", "x", "あいう", "x-1.2_3", "x" * 1_024], ids=["_", "x", "ja", "signs", "long"])
def test_any_real_name_comes_back_as_it_was(trial: Trial, id_: str) -> None:
    trial.plain.sent.append(id_)
    answer = trial.plain.read(trial.browser.get(trial.plain.address_of(_with_id(trial, id_))))
    assert answer.root.get("InResponseTo") == id_


def _with_id(trial: Trial, id_: str) -> xml.Element:
    made = trial.plain.request()
    made.set("ID", id_)
    return made


STATES = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</form><form action=https://evil.example>",
    "javascript:alert(1)",
    "https://evil.example/",
    "//evil.example",
    "a\r\nLocation: https://evil.example/",
    "{{7*7}}{% raw %}",
    "&quot;&#x3c;",
    "\u202e\u2066x",
    "",
    "x" * 2_048,
]


@pytest.mark.attack("S13")
@pytest.mark.honest("S13")
@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_a_relay_state_comes_back_as_text(trial: Trial, state: str) -> None:
    page = trial.browser.get(trial.plain.address(relay_state=state))
    answer = trial.plain.read(page)
    assert answer.fields["RelayState"].replace("\r\n", "\n") == state.replace("\r\n", "\n")
    acts = [found for found in Active(page.text).found if found not in {"script", f"form action={trial.plain.acs}"}]
    assert acts == []
    assert page.text.count("<script") == 1
    policy = page.headers["content-security-policy"]
    assert "form-action" not in policy  # Chromium would stop what the service answers with
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert set(page.headers) & {"location", "refresh"} == set()


@pytest.mark.attack("S13")
@pytest.mark.parametrize("way", [Way.REDIRECT, Way.FORM], ids=lambda way: way.value)
@pytest.mark.parametrize("state", ["x" * 2_049, "あ" * 683], ids=["long", "long in octets"])
def test_a_relay_state_that_is_too_long_is_refused(trial: Trial, way: Way, state: str) -> None:
    party = trial.plain
    if way.posts:
        trial.refuses(trial.browser.post(SSO, party.form(relay_state=state), CROSS_SITE))
    else:
        trial.refuses(trial.browser.get(party.address(relay_state=state)))


REFLECTED = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "sp", "lang", "interaction", "x"]


@pytest.mark.attack("S13")
@pytest.mark.parametrize("endpoint", ["sso", "slo", "init", "continue"])
@pytest.mark.parametrize("name", REFLECTED)
def test_a_page_of_refusal_repeats_nothing(trial: Trial, endpoint: str, name: str) -> None:
    payload = '"><script>alert(1)</script>'
    answer = trial.browser.get(f"/t/aoba/saml/{endpoint}?{name}={quote(payload, safe='')}")
    assert answer.status == 400
    assert Active(answer.text).found == []
    assert "alert(1)" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.attack("S25")
@pytest.mark.honest("S25")
@pytest.mark.parametrize("way", Way, ids=lambda way: way.value)
def test_an_answer_says_inside_what_is_signed_whom_it_is_for_and_what_it_answers(trial: Trial, way: Way) -> None:
    party = trial.party(way)
    answer = trial.takes(trial.send(way), way)
    (confirmation,) = answer.root.iter(SAML("SubjectConfirmationData"))
    assert confirmation.get("InResponseTo") == party.sent[-1]
    assert confirmation.get("Recipient") == party.acs
    assert confirmation.get("NotOnOrAfter") == rfc3339(trial.provider.clock.now_us() + 300 * SECOND)
    assert confirmation.get("NotBefore") is None
    assert [each.text for each in answer.root.iter(SAML("Audience"))] == [party.entity_id]
    assert {each.text for each in answer.root.iter(SAML("Issuer"))} == {IDP}
    assert answer.root.get("Destination") == party.acs


@pytest.mark.attack("S25")
@pytest.mark.parametrize("sign", ["response", "assertion", "both"])
def test_whatever_is_signed_binds_the_answer_to_its_request(trial: Trial, sign: str) -> None:
    party = trial.another(f"signs{sign}", sign=sign)
    page = trial.browser.get(party.address())
    root = etree.fromstring(raw_response(page))
    signed = {each.getparent().tag for each in root.iter("{http://www.w3.org/2000/09/xmldsig#}Signature")}  # type: ignore[union-attr]
    wanted = {"response": {SAMLP("Response")}, "assertion": {SAML("Assertion")}}
    assert signed == wanted.get(sign, {SAMLP("Response"), SAML("Assertion")})
    (confirmation,) = root.iter(SAML("SubjectConfirmationData"))
    assert (confirmation.get("InResponseTo"), confirmation.get("Recipient")) == (party.sent[-1], party.acs)


@pytest.mark.attack("S25")
def test_an_answer_that_nobody_asked_for_answers_nothing(trial: Trial) -> None:
    party = trial.another("unasked", idp_initiated=True)
    sp = quote(party.entity_id, safe="")
    answer = party.read(trial.browser.get(f"/t/aoba/saml/init?sp={sp}"))
    assert all(each.get("InResponseTo") is None for each in answer.root.iter())


EXPRESSIONS = [
    "email + display_name",
    "__import__('os').system('id')",
    "{{7*7}}",
    "${user.email}",
    "#{1+1}",
    "email; drop table users",
    "().__class__.__mro__",
    "lambda: 1",
    "password",
    "email.__class__",
    "EMAIL",
    "",
]


def _mapped(trial: Trial, source: str) -> Answer:
    attributes = [{"name": "urn:x", "source": source}]
    saml = {"entity_id": f"https://mapped.example/{len(source)}", "acs": [{"url": "https://mapped.example/acs"}]}
    document = {"name": "mapped", "protocol": "saml", "saml": {**saml, "attributes": attributes}}
    return desk(trial).ask("POST", "services", document)


@pytest.mark.attack("S26")
@pytest.mark.parametrize("expression", EXPRESSIONS, ids=range(len(EXPRESSIONS)))
def test_what_is_told_is_a_name_of_a_list_and_never_evaluated(trial: Trial, expression: str) -> None:
    answer = _mapped(trial, expression)
    assert answer.status in {400, 422}, answer.text
    assert "49" not in answer.text.replace(answer.headers.get("x-request-id", " "), "")


CALLS = [
    "{email.__class__}",
    "{email!r}",
    "{email[0]}",
    "{email:>9999999}",
    "{0}",
    "{}",
    "{password}",
    "{credentials}",
    "{__import__('os')}",
    "{email|eval:1}",
    "{email|__class__}",
    "{email|before}",
    "{x|{email}}",
    "#{1+1}",
    "{email",
    "email}",
    "{email}" * 100,
]
TEXTS = {
    "{{7*7}}": "{7*7}",
    "{{{{email}}}}": "{{email}}",
    "__import__('os').system('id')": "__import__('os').system('id')",
    "%(email)s %s": "%(email)s %s",
    "$": "$",
    "<%= 7*7 %>": "<%= 7*7 %>",
}


def _made(trial: Trial, name: str, expression: str) -> Answer:
    saml = {"entity_id": f"https://{name}.example/saml", "acs": [{"url": f"https://{name}.example/acs"}]}
    document = {"name": name, "protocol": "saml", "assignment_required": False, "saml": saml}
    saml |= {"sign": "response", "attributes": [{"name": "urn:x", "expression": expression}]}  # type: ignore[dict-item]
    return desk(trial).ask("POST", "services", document)


@pytest.mark.attack("S26")
@pytest.mark.parametrize("expression", CALLS, ids=range(len(CALLS)))
def test_an_expression_reaches_nothing_but_what_is_known_of_a_person(trial: Trial, expression: str) -> None:
    answer = _made(trial, "calls", expression)
    assert answer.status in {400, 422}, answer.text


@pytest.mark.attack("S26")
@pytest.mark.honest("S26")
@pytest.mark.parametrize("expression", TEXTS, ids=range(len(TEXTS)))
def test_what_other_languages_would_evaluate_is_text_here(trial: Trial, expression: str) -> None:
    name = f"text{list(TEXTS).index(expression)}"
    made = _made(trial, name, expression + "{user_name}")
    assert made.status == 201, made.text
    entity_id, acs = f"https://{name}.example/saml", f"https://{name}.example/acs"
    party = SamlParty(trial.provider, made.json()["id"], entity_id, acs)
    assert party.read(trial.browser.get(party.address())).attributes == {
        "urn:x": [f"{TEXTS[expression]}taro@aoba.example"]
    }


@pytest.mark.honest("S26")
def test_a_name_of_the_list_is_told(trial: Trial) -> None:
    assert _mapped(trial, "email").status == 201


PLACES = [
    "javascript:alert(1)",
    "data:text/html,x",
    "http://sp.example/acs",
    "//sp.example/acs",
    "/acs",
    "https://user@sp.example/acs",
    "https://sp.example/acs#x",
    "https://*.sp.example/acs",
    "https://sp.example/a cs",
    "https://sp.example/acs\r\nx: y",
    f"{BASE_URL.replace('https', 'ftp')}/acs",
    "",
]


@pytest.mark.attack("S1", "S16")
@pytest.mark.parametrize("url", PLACES, ids=range(len(PLACES)))
@pytest.mark.parametrize("by", ["hand", "metadata"])
def test_an_address_that_is_no_place_for_answers_is_not_registered(trial: Trial, by: str, url: str) -> None:
    saml: dict[str, object] = {"entity_id": "https://placed.example/", "acs": [{"url": url}]}
    if by == "metadata":
        saml = {"metadata_xml": _described("https://placed.example/", url)}
    answer = desk(trial).ask("POST", "services", {"name": "placed", "protocol": "saml", "saml": saml})
    assert answer.status in {400, 422}, answer.text


def _described(entity_id: str, url: str, **attributes: str) -> str:
    md = xml.MD
    post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    acs = md.make("AssertionConsumerService", Binding=post, Location=url.replace("\r\n", ""), index="0")
    role = md.make("SPSSODescriptor", acs, protocolSupportEnumeration=SAMLP.uri)
    return xml.written(md.make("EntityDescriptor", role, entityID=entity_id, **attributes)).decode()


@pytest.mark.attack("S16")
@pytest.mark.parametrize(
    ("entity_id", "more"),
    [
        ("https://trialplain.example/saml", {}),
        ("https://late.example/", {"validUntil": "2026-03-31T00:00:00Z"}),
        ("https://spaced.example/ x", {}),
        ("x" * 1_025, {}),
        ("", {}),
    ],
    ids=["another's", "expired", "spaced", "long", "none"],
)
def test_metadata_takes_nobodys_name_and_no_past(trial: Trial, entity_id: str, more: dict[str, str]) -> None:
    saml = {"metadata_xml": _described(entity_id, "https://late.example/acs", **more)}
    answer = desk(trial).ask("POST", "services", {"name": "late", "protocol": "saml", "saml": saml})
    assert answer.status in {400, 409, 422}, answer.text


@pytest.mark.honest("S16")
def test_honest_metadata_is_registered(trial: Trial) -> None:
    saml = {"metadata_xml": _described("https://early.example/", "https://early.example/acs")}
    assert desk(trial).ask("POST", "services", {"name": "early", "protocol": "saml", "saml": saml}).status == 201


@pytest.mark.attack("S16")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/metadata",
        "https://[::1]/metadata",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/metadata",
        "https://localhost/metadata",
        "http://sp.example/metadata",
        "file:///etc/passwd",
        "https://2130706433/",
    ],
)
def test_metadata_is_not_fetched_from_our_own_network(trial: Trial, url: str) -> None:
    body = {"name": "fetched", "protocol": "saml", "saml": {"metadata_url": url}}
    answer = desk(trial).ask("POST", "services", body)
    assert answer.status in {400, 422}, answer.text
