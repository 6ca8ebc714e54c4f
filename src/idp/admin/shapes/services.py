from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from idp.admin.shapes.base import Instant, Sent, Shown, Text
from idp.admin.shapes.catalogue import Setup
from idp.federation import (
    LONGEST_OVERLAP,
    AccessTokenFormat,
    ApplicationType,
    AssertionAlg,
    AuthMethod,
    Consent,
    Grant,
    KeyUse,
    Protocol,
    RequestAlg,
    RequestKeyAlg,
    ResponseType,
    SecurityProfile,
    ServiceStatus,
    SigningAlg,
    Signs,
    VerificationStatus,
)
from idp.signing import ContentEnc, KeyAlg

Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]


class OwnClaim(Sent):
    """A claim of the service's own. `source` is what is known of a person: `user_name`, `display_name`, `affiliation`,
    `roles`, `groups` (their names), or a standard claim of OpenID Connect Core 5.1."""

    claim: Annotated[str, Field(examples=["department_id"])]
    source: Annotated[str, Field(examples=["user_name"])]
    id_token: Annotated[bool | None, Field(description="In ID tokens too.")] = None


class OidcMetadata(Sent):
    """Client metadata by the names of RFC 7591 and OpenID Connect Registration, and a few of ours. What is left out
    takes the default of the standard."""

    redirect_uris: list[Uri] | None = None
    post_logout_redirect_uris: list[Uri] | None = None
    application_type: ApplicationType | None = None
    token_endpoint_auth_method: AuthMethod | None = None
    token_endpoint_auth_signing_alg: AssertionAlg | None = None
    jwks: Annotated[
        dict[str, Any] | None,
        Field(description="Public keys (RFC 7517 5); excludes jwks_uri."),
    ] = None
    jwks_uri: Annotated[Uri | None, Field(description="Where the client publishes its keys.")] = None
    grant_types: list[Grant] | None = None
    response_types: list[ResponseType] | None = None
    scope: Annotated[str | None, Field(examples=["openid profile email"])] = None
    subject_type: Literal["public", "pairwise"] | None = None
    sector_identifier_uri: Uri | None = None
    id_token_signed_response_alg: SigningAlg | None = None
    client_name: str | None = None
    client_uri: Uri | None = None
    logo_uri: Uri | None = None
    policy_uri: Uri | None = None
    tos_uri: Uri | None = None
    initiate_login_uri: Uri | None = None
    contacts: list[str] | None = None
    software_id: str | None = None
    software_version: str | None = None
    client_secret: Annotated[
        str | None, Field(description="One that is brought along; left out, one is made.", min_length=22)
    ] = None
    security_profile: SecurityProfile | None = None
    dpop_bound_access_tokens: Annotated[bool | None, Field(description="RFC 9449 5.2.")] = None
    access_token_format: AccessTokenFormat | None = None
    access_token_signed_response_alg: SigningAlg | None = None
    access_token_lifetime: Annotated[int | None, Field(ge=60, le=3600, description="Seconds.")] = None
    introspection: Annotated[bool | None, Field(description="May introspect tokens whose `aud` names it.")] = None
    resources: Annotated[list[Uri] | None, Field(description="APIs it stands for (RFC 8707).")] = None
    token_exchange_targets: Annotated[
        list[Uri] | None,
        Field(description="Resources of other services for which it may exchange tokens (RFC 8693)."),
    ] = None
    id_token_encrypted_response_alg: KeyAlg | None = None
    id_token_encrypted_response_enc: ContentEnc | None = None
    userinfo_encrypted_response_alg: KeyAlg | None = None
    userinfo_encrypted_response_enc: ContentEnc | None = None
    authorization_encrypted_response_alg: KeyAlg | None = None
    authorization_encrypted_response_enc: ContentEnc | None = None
    introspection_encrypted_response_alg: KeyAlg | None = None
    introspection_encrypted_response_enc: ContentEnc | None = None
    userinfo_signed_response_alg: SigningAlg | None = None
    authorization_signed_response_alg: SigningAlg | None = None
    introspection_signed_response_alg: SigningAlg | None = None
    claims: Annotated[
        list[OwnClaim] | None, Field(description="Told at userinfo beside what scopes stand for.", max_length=50)
    ] = None
    require_pushed_authorization_requests: Annotated[bool | None, Field(description="RFC 9126 6.")] = None
    require_signed_request_object: Annotated[bool | None, Field(description="RFC 9101 10.5.")] = None
    request_object_signing_alg: RequestAlg | None = None
    request_object_encryption_alg: RequestKeyAlg | None = None
    request_object_encryption_enc: ContentEnc | None = None
    request_uris: Annotated[
        list[Uri] | None, Field(description="Where request objects are fetched, if the tenant switches that on.")
    ] = None
    frontchannel_logout_uri: Annotated[
        Uri | None, Field(description="A page of the service that ends its session, loaded with `iss` and `sid`.")
    ] = None
    frontchannel_logout_session_required: bool | None = None
    backchannel_logout_uri: Annotated[Uri | None, Field(description="Where logout tokens are posted to.")] = None
    backchannel_logout_session_required: bool | None = None
    default_acr_values: Annotated[list[str] | None, Field(description="Wished for where a request says nothing.")] = (
        None
    )
    default_max_age: Annotated[int | None, Field(ge=0, description="Seconds.")] = None
    require_auth_time: bool | None = None


class OidcClient(OidcMetadata):
    """As registered, with all defaults. `client_secret` is shown in the answer that made it and never again."""

    model_config = ConfigDict(extra="ignore")
    client_id: str
    client_id_issued_at: int
    client_secret_expires_at: Annotated[int | None, Field(description="0: never. Absent without a secret.")] = None


class AssertionConsumer(Sent):
    """`default`: where a request says nothing (SAML metadata 2.2.3)."""

    url: Uri
    binding: Annotated[str | None, Field(examples=["HTTP-POST"])] = None
    index: Annotated[int | None, Field(ge=0, le=65_535)] = None
    default: bool | None = None


class LogoutAddress(Sent):
    url: Uri
    binding: Annotated[str | None, Field(examples=["HTTP-Redirect"])] = None
    response_url: Uri | None = None


class ServiceCertificate(Sent):
    """X.509 in base64; without a use it is for both."""

    certificate: str
    use: KeyUse | None = None


class SamlValueFilter(Sent):
    """Of the values it keeps those that are named, or those that begin so."""

    in_: Annotated[list[str] | None, Field(alias="in")] = None
    starts_with: str | None = None


class SamlAttribute(Sent):
    """With one of `source`, `expression` and `values`; `format` is `uri`, `basic` or `unspecified`, or its
    identifier."""

    name: str
    source: Annotated[str | None, Field(description="What of a person, as for claims.")] = None
    expression: Annotated[
        str | None,
        Field(description="Such as `{email|before:@|lower}`; there are lower, upper, before and after."),
    ] = None
    values: Annotated[list[str] | None, Field(description="The same for everybody.")] = None
    format: str | None = None
    friendly_name: str | None = None
    filter: SamlValueFilter | None = None
    map: Annotated[
        dict[str, str] | None, Field(description="Values and what is told for them; others are not told.")
    ] = None


class CertificateSwitch(Sent):
    """From one certificate of ours to another, by the `kid` of their keys; without `at`: when somebody says so."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    at: Instant | None = None


class CertificateChange(Sent):
    at: Annotated[Instant | None, Field(description="Left out: now.")] = None
    to: Annotated[str | None, Field(description="The `kid` of a later key; left out: the next.")] = None


class SigningCertificate(Shown):
    """Of ours, by which the service is answered now. `next` is the one to change over to, `former` the one that a step
    back leads to, by the `kid` of their keys."""

    kid: str
    certificate: Annotated[str, Field(description="X.509 in base64.")]
    not_after: Instant
    next: str | None
    former: str | None


class ServiceWarning(Shown):
    """Something that an administrator should look at: `certificate_expires`, `certificate_expired`, `metadata_expires`,
    `metadata_expired` (then nobody is signed on), `refresh_failed`, `change_waits`; of our certificate by which it is
    answered, `signing_certificate_expires`, `signing_certificate_expired`; of a client, `former_secret_ends`."""

    code: str
    ends_at: Instant | None = None
    fingerprint_sha256: str | None = None


class Difference(Shown):
    """Of `certificates`, `acs` and `slo` what is `removed` and `added`, of anything else what it `was` and `becomes`.
    `grave` ones wait for an administrator, unless a pinned key has signed."""

    model_config = ConfigDict(extra="ignore")
    member: str
    grave: bool
    removed: list[dict[str, Any]] | None = None
    added: list[dict[str, Any]] | None = None
    was: Any = None
    becomes: Any = None


class WaitingChange(Shown):
    change: str
    found_at: Instant
    differences: list[Difference]


class MetadataState(Shown):
    last_refresh_at: Instant | None
    last_try_at: Instant | None
    next_refresh_at: Instant | None
    last_error: str | None
    failures: Annotated[int, Field(description="In a row.")]
    waiting: WaitingChange | None


class Refresh(Shown):
    """`error`: why nothing was taken. `waiting`: what to accept or reject."""

    dry_run: bool
    error: str | None
    differences: list[Difference]
    waiting: str | None


class MetadataDecision(Sent):
    change: Annotated[str, Field(description="The id of what waits.")]


class SamlMetadata(Sent):
    """A service of SAML, by its metadata or by hand. Identifiers may be given by their last word, such as
    `persistent`."""

    metadata_xml: Annotated[
        str | None, Field(description="Says entity_id, acs, slo and certificates; of a collection, entity_id chooses.")
    ] = None
    metadata_url: Annotated[
        Uri | None, Field(description="Where it is published; fetched whenever it is sent without acs.")
    ] = None
    mdq_url: Annotated[
        Uri | None, Field(description="A server that is asked for entity_id (Metadata Query Protocol); needs a signer.")
    ] = None
    mdq_by: Literal["entity_id", "sha1"] | None = None
    metadata_signer: Annotated[str | None, Field(description="X.509 in base64; must have signed the metadata.")] = None
    entity_id: Uri | None = None
    acs: list[AssertionConsumer] | None = None
    slo: list[LogoutAddress] | None = None
    certificates: list[ServiceCertificate | str] | None = None
    nameid_format: str | None = None
    nameid_source: str | None = None
    attributes: list[SamlAttribute] | None = None
    sign: Signs | None = None
    signature_algorithm: str | None = None
    encrypt: bool | None = None
    encryption_algorithm: str | None = None
    key_transport_algorithm: str | None = None
    require_signed_requests: bool | None = None
    idp_initiated: bool | None = None
    ecp: Annotated[bool | None, Field(description="Programs may sign people on with a password (profiles 4.2).")] = None
    subject_id: Annotated[
        str | None,
        Field(description="`pairwise-id`, `subject-id`, `any` or `none`: the attribute that names a person."),
    ] = None
    sha1_until: Annotated[
        str | None, Field(description="The last day on which its requests may be signed with SHA-1; within a year.")
    ] = None
    valid_until: Annotated[Instant | None, Field(description="Of its metadata.")] = None
    certificate_switch: Annotated[
        CertificateSwitch | None, Field(description="Its own day to change over to another certificate of ours.")
    ] = None


_ASSIGNED = "By default nobody gets in unassigned, except to an API: to that nobody signs in."


class NewService(Sent):
    """With `name`, `protocol`, and `oidc` or `saml` as that says; or with `catalogue`, which says what is left out."""

    name: Text | None = None
    protocol: Protocol | None = None
    catalogue: Annotated[str | None, Field(description="An id of `/catalogue`.", examples=["slack"])] = None
    parameters: Annotated[
        dict[str, str] | None, Field(description="Of that application.", examples=[{"workspace": "aoba"}])
    ] = None
    oidc: OidcMetadata | None = None
    saml: SamlMetadata | None = None
    status: ServiceStatus | None = None
    assignment_required: Annotated[bool | None, Field(description=_ASSIGNED)] = None
    consent: Consent | None = None


class ServiceChange(Sent):
    """RFC 7396. What was read may be sent back."""

    name: Text | None = None
    protocol: Protocol | None = None
    oidc: OidcMetadata | None = None
    saml: SamlMetadata | None = None
    status: ServiceStatus | None = None
    assignment_required: bool | None = None
    consent: Consent | None = None


class SamlService(SamlMetadata):
    """As registered, with all defaults; and as it stands now."""

    model_config = ConfigDict(extra="ignore")
    signing_certificate: SigningCertificate | None
    described: Annotated[dict[str, Any] | None, Field(description="What its metadata say beside that.")] = None
    last_refresh_at: Instant | None
    next_refresh_at: Instant | None
    last_error: str | None
    waiting: Annotated[str | None, Field(description="A change of its metadata that waits to be accepted.")]


class Service(Shown):
    """With `oidc` or `saml`, as its protocol says."""

    id: str
    name: str
    protocol: Protocol
    status: ServiceStatus
    verification_status: VerificationStatus
    assignment_required: bool
    consent: Consent
    oidc: OidcClient | None = None
    saml: SamlService | None = None
    catalogue: Annotated[str | None, Field(description="The application of the catalogue that it was made from.")]
    setup: Annotated[
        Setup | None, Field(description="What to enter on its own side, where the catalogue knows; not in lists.")
    ] = None
    warnings: list[ServiceWarning]
    created_at: Instant


class NewSecret(Sent):
    overlap_seconds: Annotated[
        int | None,
        Field(ge=0, le=LONGEST_OVERLAP, description="For how long the old secret goes on.", examples=[86_400]),
    ] = None


class Secret(Shown):
    """`current`, or `former` while it is good."""

    secret: Literal["current", "former"]
    created_at: Instant | None
    expires_at: Annotated[Instant | None, Field(description="Null: it does not end by itself.")]
    last_used_at: Annotated[Instant | None, Field(description="The hour; null: not seen since it was made.")]


class Secrets(Shown):
    items: list[Secret]


class NewAssignment(Sent):
    """With either of the two."""

    user: Annotated[str | None, Field(description="The ID that may use the service.")] = None
    group: Annotated[str | None, Field(description="The group whose members may use the service.")] = None


class Assignment(Shown):
    """With either of the two."""

    id: str
    user: str | None
    group: str | None
    created_at: Instant


class PreviewAsked(Sent):
    saml: Annotated[dict[str, Any] | None, Field(description="A change of the registration (RFC 7396), to try.")] = None


class PreviewedName(Shown):
    """Without a value where it is made at each sign-on, or at the first, which has not been."""

    format: str
    value: str | None


class PreviewedAttribute(Shown):
    name: str
    format: str
    friendly_name: str | None
    values: list[str]


class Preview(Shown):
    user: str
    name_id: PreviewedName
    attributes: list[PreviewedAttribute]
