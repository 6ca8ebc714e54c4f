"""npm openid-client in a process of its own, spoken to in lines of JSON (relying_party.mjs)."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Failed(Exception):
    """The library refused or reported an error; `told` is what it said of it."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(json.dumps(told))
        self.told = told


class RelyingParty:
    """One client of one issuer."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, action: str, **given: object) -> dict[str, Any]:
        """One action of the library and its result; raises `Failed` with what the library threw."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": action, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the relying party ended; `npm ci` in tests/clients installs its library"
        answer: dict[str, dict[str, Any]] = json.loads(line)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["ok"]


@contextmanager
def relying_party(
    issuer: str, registered: dict[str, Any], *, script: str = "relying_party.mjs", **more: object
) -> Iterator[RelyingParty]:
    """A relying party that has discovered the issuer and has been told its registration."""
    process = subprocess.Popen(["node", script], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    party = RelyingParty(process)
    try:
        party.ask(
            "discover",
            issuer=issuer,
            client_id=registered["client_id"],
            client_secret=registered.get("client_secret"),
            method=registered["token_endpoint_auth_method"],
            **more,
        )
        yield party
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
