"""As `test_weakened_builds`, for SAML: the attacks themselves are tried on builds without the defence against them."""

import base64
import zlib
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import pytest
from markupsafe import Markup
from tests.saml.attacks import test_answers, test_documents, test_people, test_places, test_signatures
from tests.saml.attacks.test_documents import BOMBS, EXTERNAL, MIXED, NAMES, _packed
from tests.security.test_weakened_builds import Unequal
from tests.support.provider import Source
from tests.support.saml_forging import DIGESTS, DOWNGRADES
from tests.support.saml_trial import Trial, Way

from idp import federation
from idp.federation import Consumer, SamlService
from idp.saml import answering, assertions, codec, contexts, elements, giving, judging, known, progress
from idp.saml.codec import Verified
from idp.saml.model import Recipient
from idp.sessions import Acr, interactions
from idp.signing import Certificate, DigestAlg, SignatureAlg, any_verifies, read_certificate
from idp.web.forms import Form
from idp.xml import DS, SAML, BadSignature, Element, canonical, reading, verifying

pytestmark = pytest.mark.rewired

EVIL = "https://{host}/acs.evil"


class Weakness(NamedTuple):
    place: Any
    name: str
    instead: Any
    case: Callable[[Trial], object]


@pytest.fixture(scope="module")
def trial(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with embedded.provider(tmp_path_factory.mktemp("weakened")) as made:
        yield Trial.at(made)


def by_prefix(self: SamlService, *, url: str | None, index: int | None, binding: str | None) -> Consumer | None:
    del index, binding
    return next((each for each in self.consumers if url is None or url.startswith(each.url)), None)


def any_index(self: SamlService, *, url: str | None, index: int | None, binding: str | None) -> Consumer:
    del url, index, binding
    return self.consumers[0]


def as_it_comes(*arguments: Any, **options: Any) -> Verified:
    return _VERIFIED(*arguments, **{**options, "required": False})._replace(signed=True)


def where_it_is_wanted(received: Any, certificates: Any, *, required: bool, sha1: bool = False) -> Verified:
    if required:
        return _VERIFIED(received, certificates, required=True, sha1=sha1)
    return Verified(received.root, signed=False)


_VERIFIED, _VERIFY, _SHOW = codec.verified, verifying.verify, answering.show


def by_any_key(element: Element, certificates: Sequence[Certificate], **options: Any) -> Element:
    """Those that the document brings along, too."""
    brought = [read_certificate(each.text or "") for each in element.iter(DS("X509Certificate"))]
    return _VERIFY(element, [*certificates, *brought], **options)


def somewhere(element: Element, certificates: Sequence[Certificate], **options: Any) -> Element:
    """Verifies what the signature names, wherever it is, and reads what is there."""
    del options
    signature = next(element.iter(DS("Signature")))
    named = (next(signature.iter(DS("Reference"))).get("URI") or "")[1:]
    signed = deepcopy(next(each for each in element.iter() if each.get("ID") == named))
    for each in signed.findall(DS("Signature")):
        signed.remove(each)
    digest = base64.b64decode(next(signature.iter(DS("DigestValue"))).text or "")
    value = base64.b64decode(next(signature.iter(DS("SignatureValue"))).text or "")
    if DigestAlg.SHA256.digest(canonical(signed)) != digest:
        raise BadSignature("altered")
    if not any_verifies(certificates, SignatureAlg.RSA_SHA256, canonical(signature[0]), value):
        raise BadSignature("not_by_a_registered_key")
    return element


async def unescaped(*arguments: Any, **context: Any) -> None:
    if "fields" in context:
        context["fields"] = [(name, Markup(value)) for name, value in context["fields"]]
    await _SHOW(*arguments, **context)


def stripped(root: Element) -> str:
    return (root.findtext(SAML("Issuer")) or "").strip()


def unanswering(audience: str, address: str, request_id: str | None) -> Recipient:
    del request_id
    return Recipient(audience, address, None)


def for_anybody(audience: str, at_us: int) -> Element:
    del audience
    return SAML.make("Conditions", NotBefore=elements.moment(at_us), NotOnOrAfter=elements.moment(at_us + 1))


def first_wins(form: Form) -> tuple[str, str]:
    return form.get("SAMLRequest") or "", "SAMLRequest"


def _place(url: str) -> Callable[[Trial], object]:
    test = test_places.test_an_address_that_is_not_registered_letter_by_letter_gets_nothing
    return lambda trial: test(trial, Way.REDIRECT, url)


def _index(**changes: str) -> Callable[[Trial], object]:
    test = test_places.test_an_index_or_a_binding_that_is_not_registered_gets_nothing
    return lambda trial: test(trial, Way.REDIRECT, changes)


def _elsewhere(**changes: str) -> Callable[[Trial], object]:
    test = test_places.test_a_request_for_elsewhere_or_for_another_time_gets_nothing
    return lambda trial: test(trial, Way.REDIRECT, changes)


def _query(name: str) -> Callable[[Trial], object]:
    return lambda trial: test_signatures.test_a_query_is_signed_as_it_stands_or_refused(trial, name)


def _form(name: str) -> Callable[[Trial], object]:
    return lambda trial: test_signatures.test_a_form_is_signed_as_it_stands_or_refused(trial, name)


def _weak(name: str) -> Callable[[Trial], object]:
    assert name in DOWNGRADES | DIGESTS
    return lambda trial: test_signatures.test_a_form_by_a_weak_algorithm_is_refused(trial, name)


def _wrapped(trial: Trial) -> None:
    test_signatures.test_what_is_wrapped_around_an_honest_request_is_never_read(trial, "object", "moved")


def _foreign(trial: Trial) -> None:
    test = test_signatures.test_a_key_that_is_not_registered_signs_nothing_whatever_certificate_comes_along
    test(trial, "rsa", Way.SIGNED_FORM)


def _unasked_for(trial: Trial) -> None:
    test_signatures.test_a_signature_that_nobody_asked_for_must_be_right_all_the_same(trial, Way.FORM)


def _document_type(trial: Trial) -> None:
    assert "an empty one" in EXTERNAL
    data = EXTERNAL["an empty one"] + test_documents.xml.written(trial.plain.request())
    trial.refuses(trial.send_bytes(Way.FORM, data))


def _bomb(trial: Trial) -> None:
    test = test_documents.test_a_bomb_is_refused_and_costs_less_than_20_megabytes_and_50_milliseconds
    test(trial, {"many spaces": _packed(BOMBS["many spaces"]())}, Way.REDIRECT, "many spaces")


def _issuer(name: str) -> Callable[[Trial], object]:
    assert name in NAMES
    return lambda trial: test_documents.test_an_issuer_is_a_name_and_nothing_beside(trial, Way.REDIRECT, name)


def _spaced(trial: Trial) -> None:
    name = "https://trialplain.example/saml "
    test_documents.test_a_service_is_known_by_its_name_letter_by_letter(trial, Way.REDIRECT, name)


def _mixed(name: str) -> Callable[[Trial], object]:
    assert name in MIXED
    return lambda trial: test_documents.test_parameters_that_could_be_read_in_two_ways_are_refused(trial, name)


def _again(trial: Trial) -> None:
    test_people.test_a_request_is_answered_once_wherever_it_is_sent_again(trial, Way.REDIRECT, "there")


def _bound(trial: Trial) -> None:
    test = test_answers.test_an_answer_says_inside_what_is_signed_whom_it_is_for_and_what_it_answers
    test(trial, Way.REDIRECT)


def _state(trial: Trial) -> None:
    test_answers.test_a_relay_state_comes_back_as_text(trial, '"><script>alert(1)</script>')


def _long_state(trial: Trial) -> None:
    test_answers.test_a_relay_state_that_is_too_long_is_refused(trial, Way.REDIRECT, "x" * 2_049)


def _id(trial: Trial) -> None:
    test_answers.test_a_request_is_named_by_a_name_or_refused(trial, Way.REDIRECT, "x y")


def _names(name: str) -> Callable[[Trial], object]:
    return lambda trial: test_people.test_nobody_gets_a_name_that_is_not_theirs(trial, Way.REDIRECT, name)


def _fresh(trial: Trial) -> None:
    test_people.test_a_session_of_before_is_no_fresh_sign_in(trial, Way.REDIRECT)


def _passive(trial: Trial) -> None:
    test_people.test_who_may_not_be_asked_is_not_signed_in(trial, Way.REDIRECT)


def _elsewhere_waiting(trial: Trial) -> None:
    test_people.test_a_request_that_waits_is_only_for_the_browser_in_which_it_began(trial, Way.REDIRECT)


def _factors(trial: Trial) -> None:
    test_people.test_one_factor_never_passes_for_more(trial, Way.REDIRECT, "exact", (test_people.MFA,))


def _pairwise(trial: Trial) -> None:
    test_people.test_two_services_cannot_tell_that_they_know_the_same_person(trial)


WEAKNESSES = {
    "addresses by prefix": Weakness(SamlService, "consumer", by_prefix, _place(EVIL)),
    "any index": Weakness(SamlService, "consumer", any_index, _index(AssertionConsumerServiceIndex="99")),
    "signatures that are not required": Weakness(codec, "verified", as_it_comes, _query("nothing signed")),
    "signatures that are not looked at": Weakness(codec, "verified", where_it_is_wanted, _unasked_for),
    "any value beside a query": Weakness(codec, "any_verifies", lambda *_: True, _query("a value of zeros")),
    "any value in a form": Weakness(verifying, "any_verifies", lambda *_: True, _form("zeros")),
    "any digest": Weakness(verifying, "hmac", Unequal, _form("an attribute more")),
    "SHA-1 that signs": Weakness(SignatureAlg, "is_weak", property(lambda _: False), _weak("rsa-sha1")),
    "SHA-1 that digests": Weakness(DigestAlg, "is_weak", property(lambda _: False), _weak("digest sha1")),
    "any transform": Weakness(verifying, "_algorithm", lambda *_: None, _weak("base64")),
    "keys that come along": Weakness(codec.xml, "verify", by_any_key, _foreign),
    "a signature somewhere": Weakness(codec.xml, "verify", somewhere, _wrapped),
    "comments": Weakness(reading, "_refuse_bytes", lambda *_: None, _issuer("a comment behind")),
    "document types": Weakness(reading, "_refuse_bytes", lambda *_: None, _document_type),
    "no end of inflating": Weakness(codec, "inflate", lambda data: zlib.decompress(data, -15), _bomb),
    "names without their spaces": Weakness(codec, "_issuer", stripped, _spaced),
    "no schema": Weakness(codec.xml, "refuse_unlike", lambda *_: None, _id),
    "the first of two parameters": Weakness(codec, "_refuse_repeated", lambda _: None, _mixed("the same twice")),
    "a request of two messages": Weakness(codec, "_message", first_wins, _mixed("a request and a response")),
    "no memory of requests": Weakness(known, "use", lambda *_: None, _again),
    "requests for elsewhere": Weakness(
        judging, "refuse_unusable", lambda *_, **__: None, _elsewhere(Destination="https://evil.example/")
    ),
    "requests of any time": Weakness(judging, "SKEW", 10**18, _elsewhere(IssueInstant="2020-01-01T00:00:00Z")),
    "answers to no request": Weakness(giving, "Recipient", unanswering, _bound),
    "answers for anybody": Weakness(assertions, "_conditions", for_anybody, _bound),
    "names of others": Weakness(judging, "_FOREIGN_NAME", None, _names("another service's name")),
    "requests for somebody": Weakness(judging, "is_meant", lambda *_: True, _names("somebody else")),
    "sessions of before": Weakness(progress, "_fresh", lambda *_: True, _fresh),
    "persons who are asked all the same": Weakness(progress, "_ask", lambda _, missing, __: missing, _passive),
    "any class": Weakness(contexts, "least", lambda *_: Acr.ONE_FACTOR, _factors),
    "any browser": Weakness(interactions, "hmac", Unequal, _elsewhere_waiting),
    "relay states that act": Weakness(answering, "show", unescaped, _state),
    "relay states of any length": Weakness(codec, "LONGEST_RELAY_STATE", 10**9, _long_state),
    "one name for all services": Weakness(federation, "find_person_name", lambda *_, **__: "taro", _pairwise),
}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_build_without_its_defence_is_found_out(trial: Trial, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    weakness = WEAKNESSES[name]
    monkeypatch.setattr(weakness.place, weakness.name, weakness.instead)
    with pytest.raises(AssertionError):
        weakness.case(trial)


@pytest.mark.parametrize("name", WEAKNESSES)
def test_and_with_it_the_case_passes(trial: Trial, name: str) -> None:
    WEAKNESSES[name].case(trial)
