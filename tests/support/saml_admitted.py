"""A person whom the gate has let in to a service, for what is made from its admission."""

from idp.access import Admission, Facts, Gate, Moment, PersonProof
from idp.access.in_force import InForce, compile_rules
from idp.access.model import Person, Situation
from idp.access.policies.addresses import Networks
from idp.contracts import ContractFacts, Product, Status
from idp.contracts.standing import Window
from idp.federation import Consent, Protocol, Service, ServiceId, ServiceStatus, VerificationStatus
from idp.kit.clock import SECOND
from idp.kit.ids import TenantId
from idp.signing import KeySet
from idp.tenants import Slug, Tenant
from idp.users import Standing, UserId

TENANT = Tenant(TenantId("tnt_1"), Slug("aoba"), "あおば", "#3b4cca", "", "Asia/Tokyo", 7, 3, 0, None)


def admitted(*, now_us: int, signed_in_at: int | None = None) -> Admission:
    contract = ContractFacts({Product.ID_PLUS: (Window(Status.ACTIVE, 0, None),)})
    rules = compile_rules("act_1", [], {})
    facts = Facts(TENANT, contract, KeySet({}, ()), InForce(rules, 0, rules), Networks([]))
    user = Standing(UserId("usr_1"), "active", 5)
    situation = Situation("133.11.0.1", "JP", frozenset({"pwd"}), now_us, "firefox")
    person = Person("usr_1", user, frozenset(), assigned=True)
    at = now_us - 60 * SECOND if signed_in_at is None else signed_in_at
    proof = PersonProof(_service(), person, situation, "ses_1", '["pwd"]', at)
    return Gate().admit(facts, proof, Moment.AUTHORIZATION, now_us=now_us)


def _service() -> Service:
    return Service(
        id=ServiceId("svc_1"),
        name="web",
        protocol=Protocol.OIDC,
        client_id="client",
        status=ServiceStatus.ENABLED,
        generation=2,
        verification_status=VerificationStatus.UNVERIFIED,
        assignment_required=True,
        consent=Consent.NONE,
        oidc=None,
        secret_digests=(),
        version=1,
        created_at=0,
    )
