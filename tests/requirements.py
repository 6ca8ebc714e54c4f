"""What certification suites and attackers check, requirement by requirement, and the tests that hold it.

`@pytest.mark.meets("A7")` stands on a test that would fail if the behaviour broke. `python -m tests.requirements`
prints the table, id -> clause -> tests; a house test refuses an id without a test and a mark without an id.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent

REQUIREMENTS = {
    "K1": "JWKS: distinct kids, public keys only, each parseable (RFC 7517)",
    "K2": "every signed JWT names its kid, every encrypted one too (RFC 7515 4.1.4, RFC 7516 4.1.6)",
    "K3": "after a rotation a new kid with new material, the old key still published (Core 10.1.1)",
    "D1": "discovery: JSON, the exact issuer (Discovery 4.3)",
    "D2": "discovery names no metadata that is not registered (RFC 8414 2)",
    "D3": "discovery: endpoints, response types, grants, algorithms, scopes, locales (Discovery 3)",
    "R1": "registration answers 201 with client_secret_expires_at beside a secret (Registration 3.2)",
    "R2": "registration is read back and deleted at its own URI with its own token (RFC 7592)",
    "R3": "registration takes and echoes the standard metadata (Registration 2)",
    "R4": "a redirect URI with a fragment and a plain initiate_login_uri are refused (Registration 2)",
    "R5": "the sector document must list every redirect URI (Core 8.1)",
    "R6": "a client's keys are fetched again when an unknown kid turns up (Core 10.1.1)",
    "R7": "logo, policy and terms of the client stand on the pages of a fresh sign-in (Registration 2)",
    "A1": "GET and POST at the authorization endpoint (Core 3.1.2.1)",
    "A2": "unknown parameters, orders, hints and locales never cause an error (RFC 6749 3.1)",
    "A3": "a missing response_type is an error (RFC 6749 4.1.2.1)",
    "A4": "a wrong or missing redirect URI is never redirected to (RFC 6749 4.1.2.1)",
    "A5": "a registered query of the redirect URI is kept (RFC 6749 3.1.2)",
    "A6": "a nonce is demanded where an ID token comes by the front channel (Core 3.2.2.1)",
    "A7": "prompt=none: an error without a session, silence with one (Core 3.1.2.6)",
    "A8": "prompt=login always authenticates anew (Core 3.1.2.1)",
    "A9": "max_age authenticates anew when older, auth_time always present then (Core 3.1.2.1)",
    "A10": "id_token_hint with prompt=none succeeds for the person of the session (Core 3.1.2.1)",
    "A11": "acr_values as wished, an essential acr or an error (Core 5.5.1.1)",
    "A12": "the claims parameter (Core 5.5)",
    "A13": "unsigned request objects are refused in the protocol's grammar (Core 6.1)",
    "A14": "a signed request object by reference, registered, with or without a fragment (Core 6.2)",
    "A15": "what a request object says wins (RFC 9101 6.3)",
    "A16": "a person who cancels sends access_denied with the state (RFC 6749 4.1.2.1)",
    "B1": "where the answer stands: query, fragment or form_post (OAuth Multiple Response Types 2.1)",
    "B2": "state byte for byte and never invented; iss always (RFC 9207)",
    "B3": "error redirects carry the registered parameters only, in the registered characters (RFC 6749 4.1.2.1)",
    "B4": "codes and tokens cannot be guessed (RFC 6749 10.10)",
    "B5": "token_type and expires_in in the front channel (RFC 6749 4.2.2)",
    "I1": "the ID token's iss, aud, azp, exp, iat, nonce and sub (Core 2)",
    "I2": "at_hash and c_hash (Core 3.3.2.11)",
    "I3": "no claim that nobody asked for (Core 5.4)",
    "I4": "the types of acr, auth_time and updated_at (Core 2, 5.1)",
    "T1": "client_secret_basic, client_secret_post and private_key_jwt with the issuer as audience (Core 9)",
    "T2": "the token answer: no-store, token_type, expires_in (RFC 6749 5.1)",
    "T3": "a code works once, and its second use ends what came of it (RFC 6749 4.1.2)",
    "T4": "a code is bound to client, redirect URI and verifier (RFC 6749 4.1.3, RFC 7636 4.6)",
    "T5": "refresh: the same iss, sub, aud and auth_time, and only for its own client (Core 12)",
    "T6": "a refresh works under a client's new key (Core 10.1.1)",
    "U1": "userinfo by GET, POST and form, with the claims of the scopes (Core 5.3)",
    "U2": "the types of the standard claims (Core 5.1)",
    "U3": "userinfo as a signed JWT (Core 5.3.2)",
    "L1": "end_session_endpoint by GET and POST (RP-Initiated Logout 2)",
    "L2": "logout with a hint returns to the registered URI with the state as given (RP-Initiated Logout 3)",
    "L3": "an unregistered URI or a foreign hint is never redirected to (RP-Initiated Logout 3)",
    "L4": "logout without a URI ends on our page, the session gone (RP-Initiated Logout 3)",
    "L5": "an expired ID token is still a hint (RP-Initiated Logout 2)",
    "L6": "front-channel logout: an iframe with iss and sid before the redirect (Front-Channel Logout 2)",
    "L7": "back-channel logout: one POST with a logout token (Back-Channel Logout 2.4)",
    "L8": "session management: session_state and the iframe that answers (Session Management 3)",
}


class Holder(NamedTuple):
    """A test that carries a mark."""

    requirement: str
    path: str
    test: str


def holders(mark: str = "meets") -> list[Holder]:
    """Every mark on a test function or on a whole module (`pytestmark`), read from the source."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS.parent).as_posix()
        found += [Holder(name, place, test) for name, test in _marks(ast.parse(path.read_text("utf-8")), mark)]
    return found


def _marks(module: ast.Module, mark: str) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for decorator in node.decorator_list:
                yield from ((name, node.name) for name in _arguments(decorator, mark))
        elif isinstance(node, ast.Assign) and "pytestmark" in map(ast.unparse, node.targets):
            yield from ((name, "(each)") for call in ast.walk(node.value) for name in _arguments(call, mark))


def _arguments(node: ast.AST, mark: str) -> list[str]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == mark):
        return []
    return [argument.value for argument in node.args if isinstance(argument, ast.Constant)]


def table() -> str:
    """Markdown, in the order of the requirements."""
    lines = ["| id | what holds | tests |", "|---|---|---|"]
    found = holders()
    for name, clause in REQUIREMENTS.items():
        tests = ", ".join(f"`{each.path}::{each.test}`" for each in found if each.requirement == name)
        lines.append(f"| {name} | {clause} | {tests or '**none**'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
