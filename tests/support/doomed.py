"""Power that fails: a process that kills itself before or after it calls one of our functions."""

import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tests.support import forking

from idp import erasure, main, schema, settings
from idp.cli import app
from idp.kit.actors import Actor

assert schema.TABLES


def killed(name: str, when: str, work: Callable[..., object], *arguments: str, environment: Mapping[str, str]) -> None:
    """`name` is the function's full one; `when` is `before` or `after`; `work` is one of the below."""
    process = forking.start(
        _fail, name, when, work, arguments, dict(os.environ if environment is None else environment)
    )
    process.join(forking.SLOWEST)
    assert process.exitcode == -signal.SIGKILL, f"{name} was never called: exit code {process.exitcode}"


def command(*arguments: str) -> None:
    """Of `idp`."""
    sys.argv = ["idp", *arguments]
    app.run()


def erase(contract: str) -> None:
    units = main.open_units(settings.load())
    with units.platform(actor=Actor("operator", "opr_desk")) as unit:
        erasure.erase(unit, contract)


def _fail(
    name: str, when: str, work: Callable[..., object], arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    _set_trap(name, when)
    work(*arguments)


def _set_trap(name: str, when: str) -> None:
    owner, last = _found(name)
    true = getattr(owner, last)

    def trap(*arguments: Any, **more: Any) -> None:
        if when == "after":
            true(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, last, trap)
    for module in list(sys.modules.values()):  # who imported the function itself
        if getattr(module, last, None) is true:
            setattr(module, last, trap)


def _found(name: str) -> tuple[Any, str]:
    """A module or a class, and the name of the function in it."""
    path, _, last = name.rpartition(".")
    try:
        return importlib.import_module(path), last
    except ModuleNotFoundError:
        module, _, cls = path.rpartition(".")
        return getattr(importlib.import_module(module), cls), last
