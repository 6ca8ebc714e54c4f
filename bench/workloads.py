"""What is asked of both servers, in turn."""

from typing import NamedTuple


class Workload(NamedTuple):
    """`name` is also that of its budgets; with a `callback`, codes are asked for and redeemed there."""

    name: str
    title: str
    alg: str
    callback: str = ""


CALLBACK = "https://app.bench.example/callback"
WORKLOADS = (
    Workload("client_credentials_es256", "client_credentials, ES256", "ES256"),
    Workload("client_credentials_rs256", "client_credentials, RS256", "RS256"),
    Workload("code_flow_es256", "code + PKCE with a live session, ES256", "ES256", CALLBACK),
)
SIGN_ON = Workload("saml_sign_on_rs256", "SAML sign-on with a live session, two RSA-2048 signatures", "RS256")
CROWDED = Workload("saml_crowded_rs256", "the same, where ten thousand services are registered", "RS256")
