"""What attackers try at the providers of OpenID and SAML, row by row, and how often the tests try it.

`@pytest.mark.attack("T12")` stands on a test that tries it and finds it refused, `@pytest.mark.honest("T12")` on one
that lets the honest twin of the attack succeed, often the same. A variant is one case of a parametrised test, counted
once whatever it runs on. `python -m tests.attacks` prints the table; a house test refuses a row that nothing tries.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

TESTS = Path(__file__).parent
DATABASES = {"source", "database_url", "installed_url"}
WEAKENED = "test_a_build_without_its_defence_is_found_out"

ATTACKS = {
    "A1": "a redirect URI that is not registered",
    "A2": "tricks on prefix, suffix, host and spelling of a redirect URI",
    "A3": "a redirect URI read as a pattern",
    "A4": "a client without redirect URIs",
    "A5": "javascript:, data: and their like",
    "A6": "plain http, and the port rule of loopback",
    "A7": "an app that claims another's scheme",
    "A8": "a redirect to an unvalidated URI when something else is wrong",
    "A9": "an open redirector by way of errors",
    "A10": "repeated parameters",
    "A11": "response types and modes that the client may not use",
    "A12": "script in a form_post answer",
    "A13": "answers posted to a window of another origin",
    "A14": "a redirect that repeats a form",
    "A15": "codes that leak by referrer, history or cache",
    "A16": "another's, an old or a used pushed request",
    "A17": "what passes for a signed request",
    "A18": "requests fetched from anywhere",
    "A19": "mix-up of issuers",
    "A20": "parameters that are too much",
    "A21": "consent that nobody gave",
    "A22": "hints that authenticate",
    "A23": "an old sign-in in place of a fresh one",
    "A24": "steps of one flow brought to another",
    "A25": "tokens for a wider audience",
    "T1": "a code used twice",
    "T2": "a code used many times at once",
    "T3": "a code of another client, address or tenant",
    "T4": "a code that is too old",
    "T5": "PKCE left out at the beginning",
    "T6": "PKCE left out at the end",
    "T7": "PKCE by another method",
    "T8": "verifiers of another shape",
    "T9": "two ways to prove a client, or another than the registered one",
    "T10": "secrets in an address",
    "T11": "an assertion made out to somebody else",
    "T12": "an assertion used twice",
    "T13": "an assertion without its times",
    "T14": "another JWT as an assertion",
    "T15": "assertions of others as grants",
    "T16": "token exchange for more than was given",
    "T17": "scopes that are not registered",
    "T18": "certificates of others",
    "T19": "certificates in a header",
    "T20": "proofs of possession that prove nothing",
    "T21": "the device flow: guesses, floods, phishing",
    "T22": "the back channel, and people who may not",
    "T23": "password and implicit grants",
    "T24": "introspection and revocation by others",
    "T25": "userinfo by what is no access token",
    "T26": "bytes of tokens",
    "T27": "forms that could be read in two ways",
    "T28": "answers read by other origins",
    "R1": "a replaced refresh token",
    "R2": "a refresh token used many times at once",
    "R3": "a replaced refresh token after a restart",
    "R4": "a refresh that failed halfway",
    "R5": "abuse of the grace for lost answers",
    "R6": "a refresh for more than was granted",
    "R7": "a refresh after what ends it",
    "R8": "a refresh token that is too old",
    "R9": "a refresh token of another client or tenant",
    "J1": "alg none",
    "J2": "the public key as a secret",
    "J3": "a key that the token brings along",
    "J4": "keys fetched from where the token says",
    "J5": "kid as a path, a query or a list",
    "J6": "crit and b64",
    "J7": "JWTs that are too large or too deep",
    "J8": "other spellings of the same JWT",
    "J9": "claims with two readings",
    "J10": "one kind of JWT for another",
    "J11": "hashes in an ID token that bind nothing",
    "J12": "keys and algorithms that protect nothing",
    "J13": "an oracle that decrypts",
    "J14": "invitations that are not bound",
    "J15": "what is published beside public keys",
    "J16": "two that make the first key at once",
    "D1": "registration without an initial token",
    "D2": "calls into our own network",
    "D3": "another client's registration",
    "D4": "metadata that a client may not decide",
    "D5": "names that pass for others on the page of consent",
    "D6": "a sector that is not the client's",
    "D7": "key sets that poison",
    "D8": "unknown kids as a flood of fetches",
    "D9": "tokens of a client that was withdrawn",
    "B1": "forms from another site",
    "B2": "signing somebody in to a stranger's account",
    "B3": "a session planted beforehand",
    "B4": "cookies of the same name",
    "B5": "malformed cookies",
    "B6": "pages in a frame",
    "B7": "script in names, logos and parameters",
    "B8": "signing somebody out",
    "B9": "addresses to go to after sign-out",
    "B10": "sessions that outlive their end",
    "B11": "the page that watches the session",
    "B12": "another host",
    "B13": "another spelling of a path",
    "B14": "headers split and answers cached",
    "B15": "pages that come back after sign-out",
    "S1": "an assertion consumer service that is not registered",
    "S2": "indices and bindings that are not registered",
    "S3": "requests that are not signed, or wrongly",
    "S4": "weak algorithms",
    "S5": "signature wrapping",
    "S6": "document types, entities and other encodings",
    "S7": "bombs",
    "S8": "requests and artifacts that are sent again",
    "S9": "requests for elsewhere and for another time",
    "S10": "issuers that read alike",
    "S11": "names that truncate or hide",
    "S12": "XML in names and values",
    "S13": "relay states and pages that act",
    "S14": "a logout that leads away",
    "S15": "a logout that nobody may ask for",
    "S16": "metadata that poisons",
    "S17": "another's name, and more than may be told",
    "S18": "parameters that could be read in two ways",
    "S19": "what may no longer be, and other tenants",
    "S20": "who is registered, by how a request is refused",
    "S21": "sign-ins that are old, half or weaker",
    "S22": "another message, or none",
    "S23": "artifacts of others",
    "S24": "what fails differently when it is decrypted",
    "S25": "answers that could be for somebody else",
    "S26": "code in mappings",
}
SAML = [name for name in ATTACKS if name.startswith("S")]


class Case(NamedTuple):
    """Of a parametrised test, or a test that has one: what it tries, and whose honest twin it is."""

    test: str
    case: str
    attacks: tuple[str, ...]
    honest: tuple[str, ...]


def cases() -> list[Case]:
    """Of every marked test; collected by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks", "--json"],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return [Case(test, case, tuple(attacks), tuple(honest)) for test, case, attacks, honest in json.loads(done.stdout)]


class Collector:
    def __init__(self) -> None:
        self.found: list[Case] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        self.found = of(items)


def of(items: Iterable[pytest.Function]) -> list[Case]:
    """The cases of tests that were collected."""
    found = {}
    for item in items:
        attacks, honest = _ids(item, "attack"), _ids(item, "honest")
        if attacks or honest or item.originalname == WEAKENED:
            test, case = item.nodeid.partition("[")[0], _case(item)
            found[test, case] = Case(test, case, attacks, honest)
    return list(found.values())


def _ids(item: pytest.Item, mark: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in item.iter_markers(mark) for name in each.args))


def _case(item: pytest.Function) -> str:
    """Which one it is of its test, whatever the database."""
    spec: Any = getattr(item, "callspec", None)
    if spec is None:
        return ""
    chosen = {name: value for name, value in spec.params.items() if name not in DATABASES}
    if item.originalname == WEAKENED:
        return str(chosen["name"])
    return ",".join(f"{name}={spec.indices[name]}" for name in sorted(chosen))


def collected() -> list[Case]:
    """By this very process."""
    collector = Collector()
    options = ["--collect-only", "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist"]
    with redirect_stdout(sys.stderr):
        done = pytest.main([*options, *map(str, marked())], plugins=[collector])
    assert done == pytest.ExitCode.OK, done
    return collector.found


def marked() -> list[Path]:
    """The files with marks in them."""
    return [path for path in sorted(TESTS.rglob("test_*.py")) if _is_marked(path.read_text("utf-8"))]


def _is_marked(source: str) -> bool:
    return any(sign in source for sign in ("mark.attack(", "mark.honest(", WEAKENED))


def rows(found: Iterable[Case]) -> dict[str, tuple[int, int]]:
    """Of each attack: how many variants try it, and how many twins are honest."""
    counted = {name: [0, 0] for name in ATTACKS}
    for each in found:
        for place, names in enumerate((each.attacks, each.honest)):
            for name in names:
                if name in counted:
                    counted[name][place] += 1
    return {name: (tried, honest) for name, (tried, honest) in counted.items()}


def variants(found: Iterable[Case], of_these: Iterable[str] = ATTACKS) -> int:
    """How many there are in all; one that tries several attacks is one."""
    return sum(not set(of_these).isdisjoint(each.attacks) for each in found)


def weakened(found: Iterable[Case]) -> list[str]:
    """The defences that are switched off one by one, each of which must be missed by a case."""
    return sorted(f"{each.test.partition('::')[0]}: {each.case}" for each in found if each.test.endswith(WEAKENED))


def _counted(found: list[Case]) -> str:
    return f"{variants(found)} variants of {len(ATTACKS)} attacks, {variants(found, SAML)} of them at SAML."


def table(found: list[Case]) -> str:
    """Markdown, in the order of the attacks."""
    lines = ["| id | what is tried | variants | honest twins | tests |", "|---|---|---|---|---|"]
    for name, (tried, honest) in rows(found).items():
        tests = sorted({each.test.removeprefix("tests/") for each in found if name in each.attacks})
        named = ", ".join(f"`{test}`" for test in tests) or "**none**"
        lines.append(f"| {name} | {ATTACKS[name]} | {tried} | {honest} | {named} |")
    builds = weakened(found)
    lines += ["", _counted(found), "", f"{len(builds)} weakened builds:", ""]
    return "\n".join([*lines, *(f"- {build}" for build in builds)])


if __name__ == "__main__":
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(collected()))
    else:
        print(table(collected()))
