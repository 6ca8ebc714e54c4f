"""One folder per test run, shared by its workers, and a watchman who clears it however the run ends.

It lies in memory where there is room, and so does whatever tests write: they make and drop thousands of databases, for
which a disc takes three times as long as all the rest. Durability is as ever as far as the processes can tell.

The PostgreSQL cluster, which outlives a test, lives in this folder. The watchman waits for the run's end of a pipe to
close, which the kernel sees to even when the run is killed; then it stops the cluster and removes the folder.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

_MEMORY = Path("/dev/shm")
_ROOM = 3 * 2**30
_HOME = pytest.StashKey[Path]()
_WATCHMAN = pytest.StashKey[subprocess.Popen[bytes]]()

# SIGQUIT is PostgreSQL's immediate shutdown: nothing in the cluster is worth a checkpoint.
_WATCH = """
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid"
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
fi
rm -rf "$1"
"""


def pytest_configure(config: pytest.Config) -> None:
    worker_input = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[_HOME] = Path(worker_input["run_home"])
        return
    _write_to_memory()
    home = Path(tempfile.mkdtemp(prefix="idp-tests-"))
    config.stash[_HOME] = home
    config.stash[_WATCHMAN] = subprocess.Popen(
        ["sh", "-c", _WATCH, "watchman", str(home)], stdin=subprocess.PIPE, start_new_session=True
    )


def _write_to_memory() -> None:
    """Unless somebody has said where to write. Workers and the processes that tests start inherit it."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    room = os.statvfs(_MEMORY)
    if room.f_bavail * room.f_frsize < _ROOM or room.f_flag & os.ST_NOEXEC:
        return
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None  # it keeps what it found first


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_home"] = str(node.config.stash[_HOME])


def pytest_unconfigure(config: pytest.Config) -> None:
    watchman = config.stash.get(_WATCHMAN, None)
    if watchman is None:
        return
    assert watchman.stdin is not None
    watchman.stdin.close()
    watchman.wait(timeout=20)
    shutil.rmtree(config.stash[_HOME], ignore_errors=True)


@pytest.fixture(scope="session")
def run_home(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.stash[_HOME]
