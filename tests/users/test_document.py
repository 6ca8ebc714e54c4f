from datetime import date

import pytest

from idp import users
from idp.kit.errors import Invalid
from idp.tenants import Staffing
from idp.users import Affiliation, Frame, Identity, Role, UserId, UserStatus
from idp.users.document import writable

FRAME = Frame("Asia/Tokyo", date(2026, 4, 1), Staffing())

TARO = {"user_name": "taro@aoba.example", "display_name": "青葉 太郎", "affiliation": "employee"}

# Fillers, blanks and tags that are drawn as nothing, and what is no character.
UNSEEN = ("\u034f", "\u115f", "\u1160", "\u17b4", "\u2800", "\u3164", "\uffa0", "\uffff", "\U000e0041", "\U000e01f0")
VARIANTS = ("\u180b", "\ufe0e", "\ufe0f", "\U000e0100")

EVERY_CLAIM = {
    "name": "青葉 太郎",
    "given_name": "太郎",
    "family_name": "青葉",
    "middle_name": "M",
    "nickname": "たろ",
    "preferred_username": "taro",
    "profile": "https://aoba.example/taro",
    "picture": "https://aoba.example/taro.png",
    "website": "https://taro.example/",
    "gender": "male",
    "birthdate": "1990-04-01",
    "zoneinfo": "Asia/Tokyo",
    "phone_number": "+81 3 1234 5678;ext=9",
    "phone_number_verified": True,
    "email_verified": True,
    "updated_at": 1_700_000_000,
    "address": {
        "formatted": "1-1 Chiyoda\nTokyo 100-0001\r\nJapan",
        "street_address": "1-1 Chiyoda",
        "locality": "Tokyo",
        "region": "Tokyo",
        "postal_code": "100-0001",
        "country": "JP",
    },
}


def identity(**document):
    draft = users.read({**TARO, **document}, FRAME)
    ours = {"status": UserStatus.ACTIVE, "can_sign_in": True, "generation": 1, "version": 1}
    return Identity(UserId("usr_1"), *draft, **ours, created_at=0, changed_at=1_775_001_600_000_000)


def faults(**document):
    with pytest.raises(Invalid) as raised:
        users.read(document, FRAME)
    return {(error.pointer, error.code) for error in raised.value.errors}


def test_what_is_left_out_takes_its_default():
    draft = users.read(TARO, FRAME)
    assert draft.affiliation is Affiliation.EMPLOYEE
    assert draft.roles == {Role.MEMBER}
    assert (draft.email, draft.locale, draft.claims) == (None, None, {})


def test_the_email_takes_the_place_of_a_user_name():
    assert users.read({**TARO, "user_name": None, "email": "taro@aoba.example"}, FRAME).user_name == "taro@aoba.example"


def test_every_standard_claim_is_taken_and_read_back():
    draft = users.read({**TARO, "email": "taro@aoba.example", "locale": "ja-JP", "claims": EVERY_CLAIM}, FRAME)
    assert draft.claims == EVERY_CLAIM
    assert users.read(writable(draft), FRAME) == draft


def test_email_and_locale_may_be_said_as_claims():
    draft = users.read({**TARO, "claims": {"email": "taro@aoba.example", "locale": "ja"}}, FRAME)
    assert (draft.email, draft.locale, draft.claims) == ("taro@aoba.example", "ja", {})


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"user_name": None}, "user_name", "required"),
        ({"display_name": None}, "display_name", "required"),
        ({"affiliation": None}, "affiliation", "required"),
        ({"affiliation": "contractor"}, "affiliation", "unknown_value"),
        ({"user_name": " taro"}, "user_name", "invalid_text"),
        ({"user_name": ""}, "user_name", "invalid_length"),
        ({"user_name": "x" * 257}, "user_name", "invalid_length"),
        ({"user_name": "ta\u200bro"}, "user_name", "invalid_text"),
        *(({"user_name": f"ta{unseen}ro"}, "user_name", "invalid_text") for unseen in (*UNSEEN, *VARIANTS)),
        *(({"display_name": f"a{unseen}b"}, "display_name", "invalid_text") for unseen in ("\u202e", *UNSEEN)),
        ({"email": "taro"}, "email", "invalid_format"),
        ({"email": "taro@a b"}, "email", "invalid_format"),
        ({"roles": ["operator"]}, "roles/0", "unknown_value"),
        ({"roles": "admin"}, "roles", "invalid_type"),
        ({"locale": "日本語"}, "locale", "invalid_format"),
        ({"groups": "grp_1"}, "groups", "invalid_type"),
        ({"groups": [1]}, "groups/0", "invalid_type"),
        ({"id": "usr_1"}, "id", "unknown_field"),
        ({"claims": []}, "claims", "invalid_type"),
        ({"claims": {"sub": "usr_2"}}, "claims/sub", "unknown_field"),
        ({"claims": {"name": ""}}, "claims/name", "invalid_length"),
        ({"claims": {"birthdate": "1990-13-01"}}, "claims/birthdate", "invalid_format"),
        ({"claims": {"birthdate": "1990年"}}, "claims/birthdate", "invalid_format"),
        ({"claims": {"picture": "javascript:alert(1)"}}, "claims/picture", "invalid_format"),
        ({"claims": {"phone_number": "call me"}}, "claims/phone_number", "invalid_format"),
        ({"claims": {"email_verified": "true"}}, "claims/email_verified", "invalid_type"),
        ({"claims": {"updated_at": -1}}, "claims/updated_at", "out_of_range"),
        ({"claims": {"address": "Tokyo"}}, "claims/address", "invalid_type"),
        ({"claims": {"address": {"planet": "Earth"}}}, "claims/address/planet", "unknown_field"),
        ({"claims": {"address": {"country": "J\tP"}}}, "claims/address/country", "invalid_text"),
        ({"email": "a@b.example", "claims": {"email": "c@d.example"}}, "claims/email", "inconsistent"),
    ],
)
def test_a_fault_is_named_at_its_place(change, place, code):
    assert faults(**{**TARO, **change}) == {(f"/{place}", code)}


@pytest.mark.parametrize("name", ["葛\U000e0100城", "辻\ufe00", "ジョン・スミス", "Zoë 😀", "ㄱㅏ"])
def test_a_name_may_be_written_as_its_owner_writes_it(name):
    assert users.read({**TARO, "display_name": name}, FRAME).display_name == name


def test_all_faults_are_named_at_once():
    assert faults(colour="red", claims={"address": {"planet": "Earth"}}, roles=[1]) == {
        ("/colour", "unknown_field"),
        ("/display_name", "required"),
        ("/affiliation", "required"),
        ("/user_name", "required"),
        ("/roles/0", "invalid_type"),
        ("/claims/address/planet", "unknown_field"),
    }


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        ({"openid"}, set()),
        ({"email"}, {"email", "email_verified"}),
        ({"phone"}, {"phone_number", "phone_number_verified"}),
        ({"address"}, {"address"}),
        ({"openid", "profile", "email", "address", "phone"}, {*EVERY_CLAIM, "email", "locale"}),
        ({"orders:read", "offline_access"}, set()),
    ],
)
def test_a_scope_gives_its_claims_and_no_others(scopes, names):
    person = identity(email="taro@aoba.example", locale="ja", claims=EVERY_CLAIM)
    assert set(users.claims_for(person, scopes)) == names


def test_a_claim_asked_for_by_name_is_given_if_it_is_known():
    person = identity(claims={"nickname": "たろ"})
    assert users.claims_for(person, {"openid"}, also=["nickname", "birthdate"]) == {"nickname": "たろ"}


def test_what_is_not_known_is_left_out_and_what_we_know_is_given():
    claims = users.claims_for(identity(), {"profile", "email", "address", "phone"})
    assert claims == {"name": "青葉 太郎", "preferred_username": "taro@aoba.example", "updated_at": 1_775_001_600}


def test_nothing_counts_as_verified_that_nobody_verified():
    person = identity(email="taro@aoba.example", claims={"phone_number": "0312345678"})
    claims = users.claims_for(person, {"email", "phone"})
    assert claims["email_verified"] is False
    assert claims["phone_number_verified"] is False
    alone = identity(claims={"email_verified": True, "phone_number_verified": True})
    assert users.claims_for(alone, {"email", "phone"}) == {}


def test_no_claim_is_null_or_empty():
    person = identity(email="taro@aoba.example", claims={**EVERY_CLAIM, "address": {}})
    for value in users.claims_for(person, set(users.CLAIMS_OF_SCOPE)).values():
        assert value is not None
        assert value not in ("", {})


def test_the_admin_api_shows_whose_id_it_is():
    shown = users.to_json(identity(email="taro@aoba.example"))
    assert shown["id"] == "usr_1"
    assert shown["status"] == "active"
    assert shown["email"] == "taro@aoba.example"
    assert shown["changed_at"] == "2026-04-01T00:00:00Z"
    assert "generation" not in shown
