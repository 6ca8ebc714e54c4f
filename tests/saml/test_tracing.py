"""What administrators are shown of a sign-on and of a logout: through the admin API, by the reference that somebody was
shown, and down to the field that was wrong."""

import ast
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from tests.saml import test_artifacts, test_ecp
from tests.support.desk import Desk
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, SSO, SamlAnswer, SamlParty, register
from tests.support.saml_requests import signed
from tests.support.sign_in import Page
from tests.support.tree import sources
from tests.support.xml_keys import rsa_pair

from idp import access, federation, xml
from idp.access import Allowance
from idp.kit.clock import rfc3339
from idp.saml import diagnosing, sso
from idp.saml.inflating import deflate, to_base64
from idp.saml.redacting import redacted, shape
from idp.signing import SignatureAlg
from idp.xml import SAML, SAMLP, Namespace

TARO = "taro@aoba.example"
THEIRS = rsa_pair("theirs")
SLO = "/t/aoba/saml/slo"


def registered(provider: Provider, name: str = "keihi", **changes: Any) -> SamlParty:
    """It signs its requests, and can be answered when it signs people out."""
    slo = [{"url": f"https://{name}.example/slo", "binding": "HTTP-Redirect"}]
    return register(provider, name, pair=THEIRS, slo=slo, **changes)


def asked(party: SamlParty, told: SamlAnswer, *, name: str | None = None, **changes: str | None) -> xml.Element:
    """A logout of that session."""
    given: dict[str, str | None] = {
        "ID": f"_out{len(party.sent)}",
        "Version": "2.0",
        "IssueInstant": rfc3339(party.provider.clock.now_us()),
        "Destination": f"{BASE_URL}{SLO}",
        **changes,
    }
    party.sent.append(str(given["ID"]))
    index = given.pop("index", told.statement.get("SessionIndex"))
    named = SAML.make("NameID", name or told.name_id.text or "")
    session = SAMLP.make("SessionIndex", index) if index else None
    return SAMLP.make("LogoutRequest", SAML.make("Issuer", party.entity_id), named, session, **given)


def sent_out(party: SamlParty, request: xml.Element) -> Answer:
    return party.provider.browser().get(party.address_of(request).replace(SSO, SLO))


def traces(provider: Provider, query: str = "limit=200") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = Desk.of(provider).get(f"traces?{query}")["items"]
    return items


def trace(provider: Provider, reference: str) -> dict[str, Any]:
    found: dict[str, Any] = Desk.of(provider).get(f"traces/{reference}")
    return found


def steps(found: dict[str, Any]) -> dict[str, str]:
    return {each["step"]: each["result"] for each in found["steps"]}


def refused(provider: Provider, answer: Answer) -> dict[str, Any]:
    """The trace of what a page told nobody."""
    assert (answer.status, answer.location) == (400, "")
    reference = answer.headers["x-request-id"]
    assert reference in answer.text
    return trace(provider, reference)


def test_a_sign_on_is_found_with_what_was_asked_and_what_was_told(provider: Provider) -> None:
    party, browser = register(provider), provider.browser()
    answered = browser.follow(browser.get(party.address()))
    told = party.read(answered)
    (line,) = traces(provider)
    assert (line["outcome"], line["code"], line["kind"], line["protocol"]) == ("allowed", "allowed", "sign_on", "saml")
    assert (line["service"], line["failed_step"], line["fault"]) == (party.service_id, None, None)
    assert line["reference"] == answered.headers["x-request-id"]
    found = trace(provider, line["reference"])
    assert found == trace(provider, line["decision"])
    assert Desk.of(provider).explanation(line["decision"])["decision"] == "permit"
    assert set(steps(found).values()) == {"passed"}
    assert party.sent[-1] in found["request"]["xml"]
    assertion = found["answer"]["assertion"]
    assert assertion["session_index"] == told.statement.get("SessionIndex")
    assert assertion["name_id"]["value"] == shape(told.name_id.text or "")
    shown = {each["friendly_name"]: each["values"] for each in assertion["attributes"]}
    assert shown == {name: [shape(value) for value in values] for name, values in told.attributes.items()}
    assert shown["mail"] == ["xxxx@xxxx.xxxxxxx"]
    assert found["answer"]["status"] == ["Success"]


def test_nothing_of_a_person_stands_in_a_trace_or_in_its_row(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    told = party.sign_on(browser)
    sent_out(party, asked(party, told))
    found = [trace(provider, each["reference"]) for each in traces(provider)]
    assert [each["kind"] for each in found] == ["logout", "sign_on"]
    name = told.name_id.text or "?"
    for value in (TARO, "太郎", "山田", name):
        assert value not in str(found)
    with provider.open() as unit:
        rows = unit.lane.execute("SELECT * FROM traces", {}).fetchall()
    assert len(rows) == 2
    assert not any(value in str(row) for row in rows for value in (TARO, name, party.acs))


def test_who_is_refused_by_the_gate_can_be_explained_by_the_reference_on_the_page(provider: Provider) -> None:
    party, browser = register(provider), provider.browser()
    party.sign_on(browser)
    provider.suspend()
    denied = browser.get(party.address())
    reference = Page(denied.text).texts["denied-reference"]
    found = trace(provider, reference)
    assert (found["outcome"], found["code"], found["decision"]) == ("denied", "contract_suspended", reference)
    assert (steps(found)["wishes"], steps(found)["decision"], steps(found)["name"]) == (
        "passed", "failed", "not_reached",
    )  # fmt: skip
    assert found["answer"] is None
    party.read(browser.get(party.address(IsPassive="true")))
    declined = traces(provider)[0]
    assert (declined["outcome"], declined["code"]) == ("declined", "RequestDenied")
    assert Desk.of(provider).explanation(declined["decision"])["reason"]["code"] == "contract_suspended"


def test_a_service_that_is_told_why_not_has_a_trace_with_that_answer(one: Provider) -> None:
    party = register(one, "declined")
    assert party.sign_on(Browser(one.first), IsPassive="true").status == ("Responder", "NoPassive")
    (line,) = traces(one, f"service={party.service_id}")
    found = trace(one, line["reference"])
    assert (found["outcome"], found["code"], found["failed_step"]) == ("declined", "NoPassive", "session")
    assert found["answer"]["status"] == ["Responder", "NoPassive"]
    assert found["answer"]["message"] == "A person would have to be asked."


@pytest.fixture(scope="module")
def strict(one: Provider) -> SamlParty:
    return registered(one, "strict", require_signed_requests=True)


@pytest.fixture(autouse=True)
def generous(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of refusals is counted in a test of its own."""
    monkeypatch.setattr(Allowance, "take", lambda *_, **__: True)


def address(party: SamlParty, **changes: str | None) -> str:
    return party.address(**changes)


def of_another_key(party: SamlParty) -> str:
    return SamlParty(party.provider, "", party.entity_id, party.acs, rsa_pair("foreign")).address()


def unsigned(party: SamlParty) -> str:
    return SamlParty(party.provider, "", party.entity_id, party.acs).address()


def by_sha1(party: SamlParty) -> str:
    return party.address().replace("rsa-sha256", "rsa-sha1").replace("2001%2F04%2Fxmldsig-more", "2000%2F09%2Fxmldsig")


ACS = "https://strict.example/acs"
WRONG: dict[str, tuple[Callable[[SamlParty], str], str, str, str | None, str]] = {
    "destination": (
        lambda party: address(party, Destination="https://id.example.evil/"),
        "addressee", "/AuthnRequest/@Destination", "https://id.example.evil/", f"{BASE_URL}{SSO}",
    ),
    "issue_instant": (
        lambda party: address(party, IssueInstant="2020-01-01T00:00:00Z"),
        "addressee", "/AuthnRequest/@IssueInstant", "2020-01-01T00:00:00Z", "2026-04-01T",
    ),
    "assertion_consumer_service": (
        lambda party: address(party, AssertionConsumerServiceURL=f"{ACS}/"),
        "address", "/AuthnRequest/@AssertionConsumerServiceURL", f"{ACS}/", ACS,
    ),
    "assertion_consumer_service index": (
        lambda party: address(party, AssertionConsumerServiceIndex="99"),
        "address", "/AuthnRequest/@AssertionConsumerServiceIndex", "99", "0",
    ),
    "assertion_consumer_service binding": (
        lambda party: address(party, ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"),
        "address", "/AuthnRequest/@ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", "HTTP-POST",
    ),
    "unsigned": (unsigned, "signature", "Signature", None, "sha256:"),
    "not_by_a_registered_key": (of_another_key, "signature", "Signature", None, "sha256:"),
    "weak_algorithm": (
        by_sha1, "signature", "SigAlg", "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "rsa-sha256",
    ),
    "version": (
        lambda party: address(party, Version="1.1"), "message", "/AuthnRequest/@Version", "1.1", "2.0",
    ),
    "schema": (
        lambda party: address(party, ForceAuthn="perhaps"),
        "message", "/AuthnRequest/@ForceAuthn", "perhaps", "as the schema has it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_the_field_that_was_wrong_is_named_with_what_was_found_and_expected(
    one: Provider, strict: SamlParty, name: str
) -> None:
    made, step, field, value, expected = WRONG[name]
    found = refused(one, one.browser().get(made(strict)))
    assert (found["outcome"], found["code"], found["service"]) == (
        "refused",
        name.split(maxsplit=1)[0],
        strict.service_id,
    )
    assert (found["failed_step"], steps(found)[step]) == (step, "failed")
    assert (found["fault"]["field"], found["fault"]["found"]) == (field, value)
    assert expected in str(found["fault"]["expected"])
    assert "AuthnRequest" in found["request"]["xml"]
    assert "SignatureValue" not in found["request"]["xml"]


def test_the_key_of_a_message_that_another_has_signed_is_named_by_its_fingerprint(
    one: Provider, strict: SamlParty
) -> None:
    data = signed(strict.request(), rsa_pair("foreign"))
    found = refused(one, one.browser().post(SSO, {"SAMLRequest": to_base64(data)}, CROSS_SITE))
    assert (found["code"], found["fault"]["field"]) == ("not_by_a_registered_key", "/AuthnRequest/Signature")
    assert found["request"]["binding"] == "HTTP-POST"
    assert "ds:Signature" not in found["request"]["xml"]
    altered = signed(strict.request(ForceAuthn="true"), THEIRS).replace(b'ForceAuthn="true"', b'ForceAuthn="false"')
    found = refused(one, one.browser().post(SSO, {"SAMLRequest": to_base64(altered)}, CROSS_SITE))
    assert (found["code"], found["fault"]["field"]) == ("altered", "/AuthnRequest/Signature")


def test_a_request_that_is_sent_again_is_named_by_its_id(one: Provider, strict: SamlParty) -> None:
    browser = one.browser()
    strict.sign_on(browser)
    again = strict.address()
    assert browser.get(again).status == 200
    found = refused(one, browser.get(again))
    assert (found["code"], found["failed_step"], found["fault"]["field"]) == ("replayed", "once", "/AuthnRequest/@ID")
    assert found["fault"]["found"] == strict.sent[-1]


def test_a_service_that_takes_nobody_unasked_is_told_so_by_its_registration(one: Provider, strict: SamlParty) -> None:
    found = refused(one, one.browser().get(f"/t/aoba/saml/init?sp={quote(strict.entity_id, safe='')}"))
    assert (found["code"], found["fault"]["field"], found["fault"]["expected"]) == (
        "idp_initiated", "saml/idp_initiated", "true",
    )  # fmt: skip
    assert found["request"] is None


def test_a_disabled_service_is_found_to_be_disabled(alone: Provider) -> None:
    party = registered(alone)
    told = party.sign_on(alone.browser())
    with alone.open() as unit:
        federation.change(unit, party.service_id, {"status": "disabled"}, production=False)
    found = refused(alone, sent_out(party, asked(party, told)))
    assert (found["kind"], found["fault"]["found"], found["fault"]["expected"]) == ("logout", "disabled", "enabled")


def test_a_logout_that_is_refused_names_its_field_by_every_binding(one: Provider, strict: SamlParty) -> None:
    told = strict.sign_on(one.browser())
    found = refused(one, sent_out(strict, asked(strict, told, Destination=f"{BASE_URL}{SSO}")))
    assert (found["kind"], found["code"]) == ("logout", "destination")
    assert (found["fault"]["field"], found["fault"]["expected"]) == ("/LogoutRequest/@Destination", f"{BASE_URL}{SLO}")
    stale = signed(asked(strict, told, NotOnOrAfter=rfc3339(one.clock.now_us())), THEIRS)
    found = refused(one, one.browser().post(SLO, {"SAMLRequest": to_base64(stale)}, CROSS_SITE))
    assert (found["code"], found["fault"]["field"]) == ("expired", "/LogoutRequest/@NotOnOrAfter")
    begin, end = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>', b"</s:Body></s:Envelope>"
    direct = one.first.call("POST", SLO, {"content-type": "text/xml"}, begin + stale + end)
    assert direct.status == 500
    assert trace(one, direct.headers["x-request-id"])["code"] == "expired"


def test_a_logout_of_somebody_else_is_declined(one: Provider, strict: SamlParty) -> None:
    told = strict.sign_on(one.browser())
    sent_out(strict, asked(strict, told, name="somebody-else"))
    found = traces(one, f"service={strict.service_id}&limit=1")[0]
    assert (found["kind"], found["outcome"], found["code"]) == ("logout", "declined", "UnknownPrincipal")


def test_programs_and_services_that_fetch_are_traced_as_browsers_are(alone: Provider) -> None:
    party = test_ecp.registered(alone)
    assert test_ecp.send(party, test_ecp.asking(party)).status == 200
    assert traces(alone)[0]["outcome"] == "allowed"
    unfit = test_ecp.send(party, test_ecp.asking(party, AssertionConsumerServiceURL="https://evil.example/"))
    found = trace(alone, unfit.headers["x-request-id"])
    assert (unfit.status, found["code"], found["fault"]["found"]) == (
        403, "assertion_consumer_service", "https://evil.example/",
    )  # fmt: skip
    assert (found["request"]["binding"], test_ecp.ACS in found["fault"]["expected"]) == ("SOAP", True)
    fetching = test_artifacts.registered(alone, "fetching")
    foreign = test_artifacts.resolve(fetching, test_artifacts.asking(fetching, "AAQAAA=="), pair=rsa_pair("foreign"))
    found = trace(alone, foreign.headers["x-request-id"])
    assert (found["code"], found["fault"]["field"]) == ("not_by_a_registered_key", "/ArtifactResolve/Signature")


@pytest.mark.parametrize(
    "query",
    ["", "SAMLRequest=%25", "SAMLRequest=AAAA", "SAMLRequest=" + quote(to_base64(deflate(b"<a/>")))],
)  # fmt: skip
def test_what_does_not_say_whose_it_is_leaves_a_line_in_the_log_alone(one: Provider, query: str) -> None:
    before = one.count("traces")
    assert one.browser().get(f"{SSO}?{query}").status == 400
    assert one.count("traces") == before


def test_a_sender_that_is_not_registered_leaves_a_line_in_the_log_alone(one: Provider, strict: SamlParty) -> None:
    before = one.count("traces")
    stranger = SamlParty(one, "", "https://stranger.example", "https://stranger.example/acs", rsa_pair("foreign"))
    assert one.browser().get(stranger.address()).status == 400
    with one.open("midori") as unit:  # nor is one of a neighbour's here
        assert federation.find_by_client_id(unit, strict.entity_id) is None
    assert one.count("traces") == before


def test_strangers_fill_nothing(alone: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    party = register(alone, pair=THEIRS)
    for _ in range(25):
        assert alone.browser().get(of_another_key(party)).status == 400
    assert alone.count("traces") == 20
    for _ in range(3):  # of those who are signed in, everything
        party.sign_on(alone.browser())
    assert alone.count("traces") == 23
    alone.clock.advance(seconds=60)
    for _ in range(2):
        party.sign_on(Browser(alone.first), IsPassive="true")
    assert alone.count("traces") == 24


def test_a_refusal_is_kept_when_its_answer_has_gone(
    one: Provider, strict: SamlParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody learns from the time of an answer who is registered."""
    order: list[str] = []
    keep, show = access.traces.remember, sso.show_bad

    async def shown(*args: Any, **named: Any) -> None:
        await show(*args, **named)
        order.append("answered")

    monkeypatch.setattr(sso, "show_bad", shown)
    monkeypatch.setattr(access.traces, "remember", lambda *args: (order.append("kept"), keep(*args)))
    refused(one, one.browser().get(of_another_key(strict)))
    assert order == ["answered", "kept"]


def test_a_trace_is_read_with_the_permission_for_it_alone(one: Provider, strict: SamlParty) -> None:
    assert Desk.of(one, permissions=["decisions:read"]).ask("GET", "traces").status == 403
    assert Desk.of(one, permissions=["traces:read"]).ask("GET", "traces?limit=1").status == 200
    assert Desk.of(one, "midori").get("traces")["items"] == []
    wrong = Desk.of(one).ask("GET", "traces?outcome=perhaps")
    assert (wrong.status, wrong.json()["errors"][0]["pointer"]) == (422, "/outcome")


def test_what_is_redacted_keeps_the_form_and_no_signature_and_no_value_of_a_person() -> None:
    vendor = Namespace("urn:example:vendor", "v")
    root = SAMLP.make(
        "AuthnRequest",
        SAML.make("Issuer", "https://sp.example"),
        SAMLP.make("Extensions", vendor.make("Hint", TARO, mail=TARO)),
        SAML.make(
            "Subject",
            SAML.make("NameID", TARO, SPProvidedID=TARO),
            vendor.make("Also", **{f"a{n}": "b" for n in range(9)}),
        ),
        SAMLP.make("RequestedAuthnContext", SAML.make("AuthnContextClassRef", "urn:x")),
        ID="_1",
        ForceAuthn="true",
        ProviderName=TARO,
    )
    xml.sign(root, rsa_pair().key, place=1, alg=SignatureAlg.RSA_SHA256)
    before, shown = xml.written(root), redacted(root)
    assert xml.written(root) == before
    for kept in ("https://sp.example", "urn:x", 'ForceAuthn="true"', "xxxx@xxxx.xxxxxxx"):
        assert kept in shown
    assert TARO not in shown
    assert "SignatureValue" not in shown
    assert len(redacted(SAMLP.make("AuthnRequest", SAML.make("Issuer", "x" * 9_000)))) <= 8_001


# Where these are found there is no message, or none that says whose it is; and what is wrong here is ours to say.
_NOBODYS = {
    "comment", "content_type", "dtd", "duplicate_id", "encoding", "envelope", "instruction", "interaction_expired",
    "namespace", "no_key", "no_message", "not_base64", "not_deflated", "not_utf8", "not_xml", "query", "text",
    "too_deep", "too_large", "two_messages", "unknown_principal",
}  # fmt: skip


def test_every_fault_that_a_message_can_have_is_named() -> None:
    raised = {
        node.args[0].value
        for name, tree in sources().items()
        if name.startswith(("saml/", "xml/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in {"BadMessage", "BadXml", "BadSignature"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {"destination", "replayed", "schema"} <= raised
    assert raised - _NOBODYS <= diagnosing.CODES


def test_a_shape_says_what_kind_of_text_it_was() -> None:
    assert shape("山田 太郎 2-1") == "xx xx 9-9"
    assert shape("Taro_7@aoba.example \t") == "xxxx_9@xxxx.xxxxxxx \t"
    assert shape("") == ""
