"""The words of an OpenID Connect client: those that work here, and those that only have a name yet.

An enum holds what is built; the set beside it what the standards name and a later change may build. A client that asks
for the latter is told so, rather than registered for something that it will not get.
"""

from enum import StrEnum


class ApplicationType(StrEnum):
    WEB = "web"
    NATIVE = "native"


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint; it registers one, and no other is accepted."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    SECRET_JWT = "client_secret_jwt"  # noqa: S105 - the name of a method
    KEY_JWT = "private_key_jwt"
    NONE = "none"

    @property
    def has_secret(self) -> bool:
        return self not in {AuthMethod.KEY_JWT, AuthMethod.NONE}

    @property
    def is_assertion(self) -> bool:
        return self in {AuthMethod.SECRET_JWT, AuthMethod.KEY_JWT}


class AssertionAlg(StrEnum):
    """By which a client may sign who it is (RFC 7523): with the secret, or with one of its keys."""

    HS256 = "HS256"
    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"
    ED25519 = "Ed25519"  # RFC 9864

    @property
    def method(self) -> AuthMethod:
        return AuthMethod.SECRET_JWT if self is AssertionAlg.HS256 else AuthMethod.KEY_JWT


class Grant(StrEnum):
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    CLIENT_CREDENTIALS = "client_credentials"
    IMPLICIT = "implicit"  # anything that is given by the front channel, beside a code too (Registration 1.0, 2)
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - the name of a grant


class ResponseType(StrEnum):
    """OAuth 2.0 Multiple Response Types 1.0. `token` alone is none: nothing would say for whom it was issued."""

    CODE = "code"
    ID_TOKEN = "id_token"  # noqa: S105 - the name of a response type
    ID_TOKEN_TOKEN = "id_token token"  # noqa: S105 - the name of a response type
    CODE_ID_TOKEN = "code id_token"  # noqa: S105 - the name of a response type
    CODE_TOKEN = "code token"  # noqa: S105 - the name of a response type
    CODE_ID_TOKEN_TOKEN = "code id_token token"  # noqa: S105 - the name of a response type

    @property
    def gives_code(self) -> bool:
        return self.startswith("code")

    @property
    def gives_id_token(self) -> bool:
        return "id_token" in self

    @property
    def gives_token(self) -> bool:
        return self.endswith(" token")

    @property
    def needs(self) -> "frozenset[Grant]":
        """The grants that go with it (RFC 7591 2.1, Registration 1.0, 2)."""
        front = frozenset() if self is ResponseType.CODE else frozenset({Grant.IMPLICIT})
        return front | {Grant.AUTHORIZATION_CODE} if self.gives_code else front


_BY_WORDS = {tuple(sorted(kind.split(" "))): kind for kind in ResponseType}


def response_type(text: str) -> ResponseType | None:
    """The order of its words means nothing (RFC 6749 3.1.1); None for what is not known."""
    return _BY_WORDS.get(tuple(sorted(text.split(" "))))


class SecurityProfile(StrEnum):
    """Which of the rule sets that contradict each other holds for the client."""

    MODERN = "modern"
    OIDC = "oidc"


class SigningAlg(StrEnum):
    RS256 = "RS256"
    ES256 = "ES256"
    PS256 = "PS256"
    EDDSA = "EdDSA"


class AccessTokenFormat(StrEnum):
    JWT = "jwt"
    OPAQUE = "opaque"


class SubjectType(StrEnum):
    PUBLIC = "public"
    PAIRWISE = "pairwise"


UNBUILT_AUTH_METHODS = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})
UNBUILT_GRANTS = frozenset(
    {
        "password",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:openid:params:grant-type:ciba",
    }
)
UNBUILT_RESPONSE_TYPES = frozenset({"token", "none"})
UNBUILT_PROFILES = frozenset({"fapi2", "fapi1_advanced", "fapi_ciba"})
UNBUILT_ALGS = frozenset(
    {"none", "HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512"}
    | {"ES384", "ES512", "ES256K", "Ed25519", "Ed448"}
)
UNBUILT_ASSERTION_ALGS = frozenset({"HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512", "Ed448"})
UNBUILT_SUBJECT_TYPES = frozenset({"pairwise"})

# Names of RFC 7591, 8705, 9101, 9126, 9396, 9449, 9701 and the OpenID specifications without a feature behind them yet.
UNBUILT_NAMES = frozenset(
    {
        "authorization_details_types",
        "backchannel_authentication_request_signing_alg",
        "backchannel_client_notification_endpoint",
        "backchannel_token_delivery_mode",
        "backchannel_user_code_parameter",
        "message_signing",
        "software_statement",
        "tls_client_auth_san_dns",
        "tls_client_auth_san_email",
        "tls_client_auth_san_ip",
        "tls_client_auth_san_uri",
        "tls_client_auth_subject_dn",
        "tls_client_certificate_bound_access_tokens",
        "use_mtls_endpoint_aliases",
    }
)
