"""When metadata are fetched, what they change, and when people are warned: decided without a database or a network."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.xml_keys import NOW_US, ending, rsa_pair

from idp.federation import Consumer, SamlService, saml_registration
from idp.federation.saml_described import Described
from idp.federation.saml_differences import differences, grave, harmless
from idp.federation.saml_pace import CEILING, DAY, FLOOR, HOUR, USUAL, after_failure, duration, next_look
from idp.federation.saml_vocabulary import Binding
from idp.federation.saml_warnings import Code, coming
from idp.federation.saml_warnings import next_look as next_warning
from idp.kit.clock import SECOND
from idp.kit.fields import Fields
from idp.signing.expiry import THRESHOLDS, threshold
from idp.signing.expiry import next_warning as next_threshold


def service(**saml: Any) -> SamlService:
    base = {"entity_id": "https://sp.example/", "acs": [{"url": "https://sp.example/acs"}]}
    fields = Fields({**base, **saml})
    read = saml_registration.read(fields, production=True)
    fields.finish()
    return read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT6H", 6 * HOUR),
        ("P1D", DAY),
        ("P1DT12H30M5.5S", DAY + 12 * HOUR + 30 * 60 * SECOND + 5 * SECOND),
        ("P1Y2M", 365 * DAY + 60 * DAY),
        ("PT0S", 0),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("-P1D", None),
        ("P1W", None),
        ("6H", None),
        ("", None),
    ],
)
def test_a_duration_is_read_as_xml_schema_has_it(text: str, expected: int | None) -> None:
    assert duration(text) == expected


INSTANTS = st.integers(0, 4_000_000_000 * SECOND)


@given(INSTANTS, st.none() | st.integers(0, 10**18), st.none() | INSTANTS)
def test_metadata_are_fetched_neither_all_the_time_nor_never_again(
    now: int, cached: int | None, valid_until: int | None
) -> None:
    at = next_look(now, cached=cached, valid_until=valid_until)
    assert now + FLOOR <= at <= now + CEILING
    if valid_until is not None and valid_until >= now + 2 * FLOOR:
        assert at <= now + (valid_until - now) // 2
    if cached is None and valid_until is None:
        assert at == now + USUAL


@given(INSTANTS, st.integers(1, 10_000))
def test_after_a_failure_it_is_tried_again_later_each_time_and_daily_at_least(now: int, failures: int) -> None:
    first, second = after_failure(now, failures), after_failure(now, failures + 1)
    assert now + FLOOR <= first <= second <= now + DAY


@given(INSTANTS, INSTANTS)
def test_each_warning_has_one_moment_and_none_is_missed(ends_at: int, now: int) -> None:
    days, coming_at = threshold(ends_at, now), next_threshold(ends_at, now)
    if days is None:
        assert ends_at - now > max(THRESHOLDS) * DAY
    else:
        assert ends_at - now <= days * DAY
        assert not any(each < days and ends_at - now <= each * DAY for each in THRESHOLDS)
    if coming_at is None:
        assert days == 0
    else:
        assert coming_at > now
        assert threshold(ends_at, coming_at) != days
        assert threshold(ends_at, coming_at - 1) == days


CERTIFICATES = st.lists(st.sampled_from(["ours", "theirs", "receiver"]), unique=True, max_size=3)
SERVICES = st.builds(
    lambda keys, paths, signed, names, until: replace(
        service(
            acs=[{"url": f"https://sp.example/{path}"} for path in paths],
            certificates=[rsa_pair(each).certificate.text for each in keys],
            require_signed_requests=signed and bool(keys),
        ),
        described=Described(names=(("en", names),)),
        valid_until=until,
    ),
    CERTIFICATES,
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
    st.booleans(),
    st.sampled_from(["A", "B"]),
    st.none() | INSTANTS,
)


@given(SERVICES, SERVICES)
def test_what_is_harmless_and_what_is_grave_together_are_the_whole_change(one: SamlService, two: SamlService) -> None:
    assert differences(one, one) == ()
    found = differences(one, two)
    taken = harmless(one, two)
    assert not any(each.grave for each in differences(one, taken))
    assert (taken.keys, taken.consumers, taken.logouts) == (one.keys, one.consumers, one.logouts)
    assert taken.requires_signed_requests >= one.requires_signed_requests
    assert harmless(one, taken) == taken
    assert grave(taken, two) == two
    if not any(each.grave for each in found) and (one.keys.signing or not two.requires_signed_requests):
        assert taken == two
    assert {each.member for each in differences(two, one)} == {each.member for each in found}


def test_a_list_shows_what_went_and_what_came() -> None:
    one, two = service(), service(acs=[{"url": "https://sp.example/other"}])
    (found,) = differences(one, two)
    shown = found.to_json()
    assert [each["url"] for each in shown["removed"]] == ["https://sp.example/acs"]
    assert [each["url"] for each in shown["added"]] == ["https://sp.example/other"]
    assert two.consumers == (Consumer("https://sp.example/other", Binding.POST, 0, None),)


def test_each_certificate_is_warned_of_and_metadata_that_renew_themselves_are_not() -> None:
    soon, later = ending(NOW_US + 10 * DAY), ending(NOW_US + 100 * DAY, "later")
    saml = replace(service(certificates=[soon.text, later.text]), valid_until=NOW_US + 5 * DAY)
    told = coming(saml, renewed=True, now_us=NOW_US)
    assert [(each.code, each.days, each.fingerprint) for each in told] == [
        (Code.CERTIFICATE_EXPIRES, 14, soon.fingerprint)
    ]
    also = coming(saml, renewed=False, now_us=NOW_US)
    assert [(each.code, each.days) for each in also] == [(Code.CERTIFICATE_EXPIRES, 14), (Code.METADATA_EXPIRES, 7)]
    assert next_warning(saml, renewed=True, now_us=NOW_US) == soon.not_after - 7 * DAY
    over = coming(saml, renewed=False, now_us=NOW_US + 11 * DAY)
    assert [each.code for each in over] == [Code.CERTIFICATE_EXPIRED, Code.METADATA_EXPIRED]
