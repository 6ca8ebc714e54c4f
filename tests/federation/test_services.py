from hashlib import sha256

import pytest

from idp import federation, tenants
from idp.federation import Consent, ServiceStatus, VerificationStatus
from idp.kit.errors import Conflict, Invalid, NotFound, Stale

OIDC = {"redirect_uris": ["https://rp.example/cb"]}
SECRET = "x7Gq-2vT9_LmR4bYw8KcZs"


def body(name="勤怠", **oidc):
    return {"name": name, "protocol": "oidc", "oidc": {**OIDC, **oidc}}


def make(world, document=None, tenant=None):
    with world.open(tenant) as unit:
        return federation.create(unit, federation.read(document or body(), production=True))


def change(world, service, patch, **options):
    with world.open() as unit:
        return federation.change(unit, service.id, patch, production=True, **options)


def faults(document):
    with pytest.raises(Invalid) as raised:
        federation.read(document, production=True)
    return {(error.pointer, error.code) for error in raised.value.errors}


def test_a_service_is_read_back_as_it_was_registered(world):
    made = make(world, {**body(contacts=["it@aoba.example"]), "consent": "required", "assignment_required": False})
    service = made.service
    with world.open() as unit:
        assert federation.get(unit, service.id) == service
        assert federation.find_by_client_id(unit, service.client_id) == service
        assert federation.registered(unit, service.id) == made._replace(secret=None)
        assert federation.page(unit) == [made._replace(secret=None)]
    assert (service.consent, service.consent_required, service.assignment_required) == (Consent.REQUIRED, True, False)
    assert service.enabled
    assert service.verification_status is VerificationStatus.UNVERIFIED
    assert service.host == "rp.example"
    assert made.contacts == ("it@aoba.example",)
    assert "service.created" in world.events()


def test_nobody_gets_in_by_default(world):
    service = make(world).service
    assert service.assignment_required
    assert not service.consent_required


def test_the_secret_is_shown_once_and_kept_as_a_hash(world):
    made = make(world)
    assert made.secret.startswith("cs_")
    assert made.service.secret_digests == (sha256(made.secret.encode()).digest(),)
    assert federation.to_json(made)["oidc"]["client_secret"] == made.secret
    with world.open() as unit:
        again = federation.registered(unit, made.service.id)
        [row] = unit.lane.execute("SELECT * FROM services", {}).fetchall()
    assert "client_secret" not in federation.to_json(again)["oidc"]
    assert made.secret not in repr(row)


def test_a_secret_may_be_brought_along(world):
    made = make(world, body(client_secret=SECRET))
    assert made.secret == SECRET
    assert made.service.secret_digests == (sha256(SECRET.encode()).digest(),)


def test_a_public_client_has_no_secret(world):
    made = make(world, body(token_endpoint_auth_method="none"))
    assert (made.secret, made.service.secret_digests) == (None, ())
    shown = federation.to_json(made)["oidc"]
    assert "client_secret" not in shown
    assert "client_secret_expires_at" not in shown
    with world.open() as unit, pytest.raises(Conflict, match="client_has_no_secret"):
        federation.rotate_secret(unit, made.service.id)


def test_the_answer_is_that_of_rfc_7591_inside_our_own(world):
    made = make(world)
    shown = federation.to_json(made)
    assert {"id", "name", "protocol", "status", "verification_status", "assignment_required", "consent"} < set(shown)
    assert shown["oidc"]["client_id"] == made.service.client_id
    assert shown["oidc"]["client_secret_expires_at"] == 0
    assert shown["oidc"]["grant_types"] == ["authorization_code"]
    assert shown["oidc"]["contacts"] == []


def test_the_contacts_are_stored_sealed(world):
    make(world, body(contacts=["it@aoba.example"]))
    with world.open() as unit:
        [row] = unit.lane.execute("SELECT * FROM services", {}).fetchall()
    assert b"it@aoba" not in b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"name": None}, "name", "required"),
        *(({"name": f"a{unseen}b"}, "name", "invalid_text") for unseen in ("\u202e", "\u3164", "\u2800", "\U000e0041")),
        ({"protocol": None}, "protocol", "required"),
        ({"protocol": "wsfed"}, "protocol", "unknown_value"),
        ({"protocol": "ldap"}, "protocol", "unknown_value"),
        ({"oidc": None}, "oidc", "required"),
        ({"oidc": []}, "oidc", "invalid_type"),
        ({"saml": {}}, "saml", "inconsistent"),
        ({"assignment_required": "yes"}, "assignment_required", "invalid_type"),
        ({"consent": "sometimes"}, "consent", "unknown_value"),
        ({"client_id": "mine"}, "client_id", "unknown_field"),
        ({"verification_status": "verified"}, "verification_status", "unknown_field"),
        ({"oidc": {}}, "oidc/redirect_uris", "required"),
    ],
)
def test_a_fault_is_named_at_its_place(change, place, code):
    assert faults({**body(), **change}) == {(f"/{place}", code)}


def test_faults_outside_and_inside_are_named_at_once():
    assert faults({"colour": "red", "oidc": {"redirect_uris": ["javascript:x"], "trusted": True}}) == {
        ("/colour", "unknown_field"),
        ("/name", "required"),
        ("/protocol", "required"),
        ("/oidc/redirect_uris/0", "scheme_not_allowed"),
        ("/oidc/trusted", "unknown_field"),
    }


def test_a_patch_changes_what_it_names(world):
    before = make(world).service
    after = change(world, before, {"name": "新勤怠", "oidc": {"logo_uri": "https://rp.example/l.png"}}).service
    assert (after.name, after.oidc.logo_uri) == ("新勤怠", "https://rp.example/l.png")
    assert after.oidc.redirects == before.oidc.redirects
    assert after.secret_digests == before.secret_digests
    assert (after.version, after.generation) == (before.version + 1, before.generation)
    gone = change(world, before, {"oidc": {"logo_uri": None}}).service
    assert gone.oidc.logo_uri is None
    assert "service.changed" in world.events()


def test_a_wrong_patch_changes_nothing(world):
    before = make(world).service
    with pytest.raises(Invalid) as raised:
        change(world, before, {"oidc": {"redirect_uris": ["http://rp.example/cb"]}})
    assert [error.pointer for error in raised.value.errors] == ["/oidc/redirect_uris/0"]
    with world.open() as unit:
        assert federation.get(unit, before.id) == before


def test_a_replacement_takes_the_defaults_for_what_it_leaves_out(world):
    made = make(world, body(scope="openid", logo_uri="https://rp.example/l.png"))
    with world.open() as unit:
        after = federation.replace(unit, made.service.id, body("別名"), production=True)
    assert after.service.oidc.logo_uri is None
    assert "email" in after.service.oidc.scopes
    assert after.secret is None
    assert after.service.secret_digests == made.service.secret_digests


def test_what_was_read_may_be_sent_back(world):
    made = make(world, body(contacts=["it@aoba.example"]))
    with world.open() as unit:
        shown = federation.to_json(federation.registered(unit, made.service.id))
        after = federation.replace(unit, made.service.id, shown, production=True)
        assert after == made._replace(secret=None)
        for forged in ({**shown, "id": "svc_x"}, {**shown, "oidc": {**shown["oidc"], "client_id": "cli_x"}}):
            with pytest.raises(Invalid):
                federation.replace(unit, made.service.id, forged, production=True)


def test_the_method_of_proof_decides_about_the_secret(world):
    made = make(world)
    public = change(world, made.service, {"oidc": {"token_endpoint_auth_method": "none"}})
    assert (public.secret, public.service.secret_digests) == (None, ())
    again = change(world, made.service, {"oidc": {"token_endpoint_auth_method": "client_secret_post"}})
    assert again.secret
    assert again.service.secret_digests not in {(), made.service.secret_digests}
    given = change(world, made.service, {"oidc": {"client_secret": SECRET}})
    assert given.service.secret_digests == (sha256(SECRET.encode()).digest(),)


def test_a_rotated_secret_replaces_the_old_one(world):
    made = make(world)
    with world.open() as unit:
        rotated = federation.rotate_secret(unit, made.service.id)
    assert rotated.secret != made.secret
    assert rotated.service.secret_digests == (sha256(rotated.secret.encode()).digest(),)
    assert "service.secret_rotated" in world.events()


def test_disabling_ends_the_generation_and_enabling_does_not_bring_it_back(world):
    before = make(world).service
    with world.open() as unit:
        disabled = federation.disable(unit, before.id).service
        assert federation.disable(unit, before.id).service == disabled
        enabled = federation.enable(unit, before.id).service
    assert disabled.status is ServiceStatus.DISABLED
    assert not disabled.enabled
    assert enabled.enabled
    assert disabled.generation == before.generation + 1 == enabled.generation


def test_a_verified_registration_that_changes_has_to_be_verified_again(world):
    before = make(world).service
    with world.open() as unit:
        unit.lane.execute("UPDATE services SET verification_status = 'verified'", {})
    assert change(world, before, {"name": "x"}).service.verification_status is VerificationStatus.VERIFIED
    changed = change(world, before, {"oidc": {"redirect_uris": ["https://rp.example/other"]}}).service
    assert changed.verification_status is VerificationStatus.MEETS_SPEC


def test_a_change_on_an_old_version_is_stale(world):
    made = make(world)
    change(world, made.service, {"name": "一"}, version=1)
    with pytest.raises(Stale):
        change(world, made.service, {"name": "二"}, version=1)
    with world.open() as unit:
        for act in (federation.delete, federation.rotate_secret):
            with pytest.raises(Stale):
                act(unit, made.service.id, version=1)


def test_a_deleted_service_is_gone(world):
    made = make(world)
    with world.open() as unit:
        federation.delete(unit, made.service.id)
        assert federation.find(unit, made.service.id) is None
        assert federation.find_by_client_id(unit, made.service.client_id) is None
        with pytest.raises(NotFound):
            federation.delete(unit, made.service.id)
    assert "service.deleted" in world.events()


ACTS = [
    federation.enable,
    federation.disable,
    federation.delete,
    federation.rotate_secret,
    federation.registered,
    federation.get,
    lambda unit, service: federation.change(unit, service, {"name": "x"}, production=True),
    lambda unit, service: federation.replace(unit, service, body(), production=True),
    lambda unit, service: federation.assign(unit, service, user_id="usr_x"),
]


@pytest.mark.parametrize("act", ACTS)
def test_the_neighbour_s_service_is_not_there(world, act):
    service = make(world, tenant=world.midori).service
    with world.open() as unit:
        with pytest.raises(NotFound):
            act(unit, service.id)
        assert federation.find_by_client_id(unit, service.client_id) is None
        assert federation.page(unit) == []
    with world.open(world.midori) as unit:
        assert federation.get(unit, service.id) == service


@pytest.mark.parametrize(
    "act",
    [
        federation.disable,
        federation.delete,
        federation.rotate_secret,
        lambda unit, service: federation.change(unit, service, {"name": "x"}, production=True),
    ],
)
def test_every_change_raises_the_revision_that_decisions_are_made_on(world, act):
    service = make(world).service
    with world.open() as unit:
        before = tenants.revision(unit)
        act(unit, service.id)
        assert tenants.revision(unit) > before


def test_many_come_at_once(world):
    with world.open() as unit:
        drafts = [federation.read(body(f"{n}"), production=True) for n in range(30)]
        made = federation.create_many(unit, drafts)
        assert [registered.service.name for registered in federation.page(unit, limit=100)] == [d.name for d in drafts]
    assert len({registered.service.client_id for registered in made}) == 30
