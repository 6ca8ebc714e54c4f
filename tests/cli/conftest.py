"""Commands called as a shell would, within this process: arguments in, status and both outputs out."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from idp.cli.app import run


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Idp = Callable[..., Outcome]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """What `IDP_*` variables a command finds: those of an empty installation for tests, and no others."""
    for name in [name for name in os.environ if name.startswith("IDP_")]:
        monkeypatch.delenv(name)
    chosen = {"IDP_DATA_DIR": str(tmp_path / "data"), "IDP_ENVIRONMENT": "test"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    return chosen


@pytest.fixture
def idp(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Idp:
    def call(*arguments: str, **changed: str) -> Outcome:
        capsys.readouterr()
        mask = os.umask(0o022)
        try:
            with monkeypatch.context() as patch:
                patch.setattr(sys, "argv", ["idp", *arguments])
                for name, value in changed.items():
                    patch.setenv(name, value)
                run()
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 0
        else:
            status = 0
        finally:
            os.umask(mask)
        return Outcome(status, *capsys.readouterr())

    return call
