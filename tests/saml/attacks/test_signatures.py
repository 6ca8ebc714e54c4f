"""Who must sign has signed, with a key that is registered, by an algorithm that is good, and all of what is read."""

from collections.abc import Callable
from copy import deepcopy
from urllib.parse import quote

import pytest
from lxml import etree
from tests.support.saml_forging import DIGESTS, DOWNGRADES, HONEST, Forgery, forged, forged_query
from tests.support.saml_party import CROSS_SITE, SSO, SamlParty
from tests.support.saml_requests import signed
from tests.support.saml_trial import THEIRS, Trial, Way
from tests.support.saml_wrapping import HIDING, NAMING, SIGNING, wrapped
from tests.support.xml_keys import ec_pair, rsa_pair

from idp import xml
from idp.saml.detached import signed_query
from idp.saml.inflating import deflate, to_base64
from idp.signing import SignatureAlg
from idp.xml import DS, SAMLP, Element

Query = Callable[[Trial, str], str]


def _without(*names: str) -> Query:
    return lambda _, query: "&".join(pair for pair in query.split("&") if pair.partition("=")[0] not in names)


def _with(name: str, value: str) -> Query:
    return lambda trial, query: f"{_without(name)(trial, query)}&{name}={value}"


def _of_another_request(trial: Trial, query: str) -> str:
    other = trial.strict.address().partition("?")[2]
    (value,) = (pair for pair in other.split("&") if pair.startswith("Signature="))
    return f"{_without('Signature')(trial, query)}&{value}"


def _flipped(_: Trial, query: str) -> str:
    head, _, value = query.rpartition("Signature=")
    return f"{head}Signature={'B' if value[0] == 'A' else 'A'}{value[1:]}"


QUERIES: dict[str, Query] = {
    "nothing signed": _without("SigAlg", "Signature"),
    "no value": _without("Signature"),
    "no algorithm": _without("SigAlg"),
    "an empty value": _with("Signature", ""),
    "an empty algorithm": _with("SigAlg", ""),
    "both empty": lambda trial, query: _with("SigAlg", "")(trial, _with("Signature", "")(trial, query)),
    "no base64": _with("Signature", "%25%25"),
    "a value of zeros": _with("Signature", "A" * 344),
    "a value that is too long": _with("Signature", "A" * 8_000),
    "one bit": _flipped,
    "the value of another request": _of_another_request,
    "another relay state": lambda _, query: query.replace("RelayState=back", "RelayState=evil"),
    "the relay state left out": _without("RelayState"),
    "the relay state emptied": _with("RelayState", ""),
    "another spelling of a signed value": lambda _, query: query.replace("RelayState=back%20", "RelayState=back+"),
    "a name spelled with escapes": lambda _, query: query.replace("SAMLRequest=", "SAML%52equest="),
    "the algorithm of another hash": _with("SigAlg", quote(SignatureAlg.RSA_SHA512.value, safe="")),
    "the algorithm of another key": _with("SigAlg", quote(SignatureAlg.ECDSA_SHA256.value, safe="")),
}


@pytest.mark.attack("S3")
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_signed_as_it_stands_or_refused(trial: Trial, name: str) -> None:
    query = trial.strict.address().partition("?")[2]
    wrong = QUERIES[name](trial, query)
    assert wrong != query
    trial.refuses(trial.browser.get(f"{SSO}?{wrong}"))


@pytest.mark.attack("S3")
@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("way", [Way.SIGNED_REDIRECT, Way.SIGNED_FORM], ids=lambda way: way.value)
def test_a_key_that_is_not_registered_signs_nothing_whatever_certificate_comes_along(
    trial: Trial, kind: str, way: Way
) -> None:
    pair = rsa_pair("foreign") if kind == "rsa" else ec_pair()
    alg = SignatureAlg.RSA_SHA256 if kind == "rsa" else SignatureAlg.ECDSA_SHA256
    request = trial.strict.request()
    if way.posts:
        trial.refuses(trial.send_bytes(Way.FORM, signed(request, pair, alg)))
        return
    message = to_base64(deflate(xml.written(request)))
    trial.refuses(trial.browser.get(f"{SSO}?{signed_query('SAMLRequest', message, None, key=pair.key, alg=alg)}"))


@pytest.mark.attack("S3")
@pytest.mark.parametrize("way", [Way.REDIRECT, Way.FORM], ids=lambda way: way.value)
def test_a_signature_that_nobody_asked_for_must_be_right_all_the_same(trial: Trial, way: Way) -> None:
    plain = trial.plain
    stranger = SamlParty(trial.provider, plain.service_id, plain.entity_id, plain.acs, rsa_pair("foreign"))
    if way.posts:
        trial.refuses(trial.browser.post(SSO, stranger.form(), CROSS_SITE))
    else:
        trial.refuses(trial.browser.get(stranger.address()))


def _stripped(root: Element) -> None:
    root.remove(root[1])


def _emptied(root: Element) -> None:
    for child in list(root[1]):
        root[1].remove(child)


def _value(text: str) -> Callable[[Element], None]:
    def change(root: Element) -> None:
        next(root.iter(DS("SignatureValue"))).text = text

    return change


def _moved(place: int) -> Callable[[Element], None]:
    def change(root: Element) -> None:
        root.insert(place, root[1])

    return change


def _twice(root: Element) -> None:
    root.insert(2, deepcopy(root[1]))


def _two_infos(root: Element) -> None:
    root[1].insert(0, deepcopy(root[1][0]))


def _uri(text: str | None) -> Callable[[Element], None]:
    def change(root: Element) -> None:
        reference = next(root.iter(DS("Reference")))
        if text is None:
            del reference.attrib["URI"]
        else:
            reference.set("URI", text)

    return change


def _commented(name: str) -> Callable[[Element], None]:
    def change(root: Element) -> None:
        found = next(root.iter(DS(name)))
        text, found.text = found.text or "", None
        comment = etree.Comment("x")
        comment.tail = text
        found.append(comment)

    return change


def _changed(root: Element) -> None:
    root.set("ForceAuthn", "true")


def _added(root: Element) -> None:
    root.append(SAMLP.make("NameIDPolicy", AllowCreate="true"))


def _object(root: Element) -> None:
    root[1].append(DS.make("Object", "x"))


def _retrieved(root: Element) -> None:
    method = DS.make("RetrievalMethod", URI="http://127.0.0.1:9/key")
    next(root.iter(DS("KeyInfo"))).append(method)
    _value("AAAA")(root)


FORMS: dict[str, Callable[[Element], None]] = {
    "no signature": _stripped,
    "an empty signature": _emptied,
    "no value": _value(""),
    "no base64": _value("%%"),
    "zeros": _value("A" * 344),
    "at the front": _moved(0),
    "twice": _twice,
    "two infos": _two_infos,
    "no reference": _uri(None),
    "the whole document": _uri(""),
    "another element": _uri("#_other"),
    "a pointer": _uri("#xpointer(/)"),
    "something remote": _uri("http://127.0.0.1:9/x"),
    "a comment in the digest": _commented("DigestValue"),
    "a comment in the value": _commented("SignatureValue"),
    "an attribute more": _changed,
    "an element more": _added,
    "an object": _object,
    "a key to fetch": _retrieved,
}


@pytest.mark.attack("S3", "S5")
@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_signed_as_it_stands_or_refused(trial: Trial, name: str) -> None:
    request = trial.strict.request()
    xml.sign(request, THEIRS.key, place=1, alg=SignatureAlg.RSA_SHA256)
    FORMS[name](request)
    trial.refuses(trial.send_bytes(Way.FORM, xml.written(request)))


@pytest.mark.honest("S3", "S4", "S5")
@pytest.mark.parametrize("way", [Way.SIGNED_REDIRECT, Way.SIGNED_FORM], ids=lambda way: way.value)
def test_what_is_rightly_signed_is_taken(trial: Trial, way: Way) -> None:
    trial.takes(trial.send(way), way)
    request = trial.strict.request()
    if way.posts:
        answer = trial.send_bytes(Way.FORM, xml.written(forged(request, THEIRS, HONEST)))
    else:
        answer = trial.browser.get(f"{SSO}?{forged_query(request, THEIRS, HONEST)}")
    trial.takes(answer, way)


@pytest.mark.attack("S4")
@pytest.mark.parametrize("name", DOWNGRADES)
def test_a_query_by_a_weak_algorithm_is_refused(trial: Trial, name: str) -> None:
    query = forged_query(trial.strict.request(), THEIRS, DOWNGRADES[name])
    trial.refuses(trial.browser.get(f"{SSO}?{query}"))


WEAK: dict[str, Forgery] = DOWNGRADES | DIGESTS


@pytest.mark.attack("S4")
@pytest.mark.parametrize("name", WEAK)
def test_a_form_by_a_weak_algorithm_is_refused(trial: Trial, name: str) -> None:
    trial.refuses(trial.send_bytes(Way.FORM, xml.written(forged(trial.strict.request(), THEIRS, WEAK[name]))))


class _Sent:
    """Two requests of one service: an honest one, and one that would have the answer sent to another address."""

    place = 1
    extensions = SAMLP("Extensions")

    def __init__(self, trial: Trial) -> None:
        listed = [{"url": f"https://two.example/{name}", "index": index} for index, name in enumerate(("acs", "evil"))]
        self.party = trial.another("two", pair=THEIRS, require_signed_requests=True, acs=listed)

    def make(self, whose: str, id_: str) -> Element:
        where = {"AssertionConsumerServiceURL": "https://two.example/evil"} if whose == "evil" else {}
        made = self.party.request(ID=id_, **where)
        made.append(SAMLP.make("NameIDPolicy", AllowCreate="true"))
        return made


@pytest.mark.attack("S5")
@pytest.mark.parametrize("signing", SIGNING)
@pytest.mark.parametrize("hiding", HIDING)
def test_what_is_wrapped_around_an_honest_request_is_never_read(trial: Trial, hiding: str, signing: str) -> None:
    sent = _Sent(trial)
    for naming in NAMING:
        made = wrapped(sent, hiding, signing, naming, honest_one="honest", evil_one="evil", pair=THEIRS)
        answer = trial.send_bytes(Way.FORM, xml.written(made))
        if answer.status == 400:
            trial.refuses(answer)
        else:
            assert "two.example/evil" not in trial.browser.follow(answer).text, naming


@pytest.mark.honest("S5")
@pytest.mark.parametrize("whose", ["honest", "evil"])
def test_either_request_alone_is_taken_from_whoever_signs_it(trial: Trial, whose: str) -> None:
    """Else the wrappings would prove nothing."""
    sent = _Sent(trial)
    answer = trial.send_bytes(Way.FORM, signed(sent.make(whose, f"_{whose}_alone"), THEIRS))
    page = trial.browser.follow(answer)
    assert sent.party.read(page).status == ("Success",)
    assert ("two.example/evil" in page.text) == (whose == "evil")
