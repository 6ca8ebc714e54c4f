"""Processes of our own code, forked from one that has imported it: a fresh interpreter takes a second to do that."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from unittest.mock import patch

from tests.support.built import WITH_TESTS

SLOWEST = 60  # seconds
# There is one server in a process, which loads these before it forks for the first time.
_LOADED = [
    "idp.cli.app",
    "idp.erasure",
    "idp.main",
    "idp.migrate",
    "idp.schema",
    "tests.billing.issuer",
    "tests.faults.runs",
    "tests.faults.test_back_channel",
    "tests.faults.test_outbox",
    "tests.imports.running",
    "tests.support.doomed",
    "tests.webhooks.worker",
]


def start(work: Callable[..., object], *arguments: object) -> BaseProcess:
    """`work`, which a module names, begun in a process that shares nothing but files with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    with patch.dict(os.environ, WITH_TESTS):
        forkserver.ensure_running()
    process = context.Process(target=work, args=arguments)
    process.start()
    return process
