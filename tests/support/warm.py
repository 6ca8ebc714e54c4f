"""`idp` for a shell, from a process that has loaded it and forks for each command: a fresh interpreter takes a second.

The shell's `idp` is this file run as a script: it hands its arguments, its directory, its environment and its three
files over a socket, and leaves with the status that comes back.
"""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LOADED = [
    "idp.admin.app",
    "idp.admin.inside",
    "idp.backup",
    "idp.billing",
    "idp.cli.app",
    "idp.erasure",
    "idp.imports",
]
_LOADED += ["idp.main", "idp.migrate", "idp.oidc", "idp.saml", "idp.schema", "idp.schedule", "idp.terms"]
_MOST = 2**20


@contextmanager
def warm(home: Path) -> Iterator[str]:
    """The definition of a shell function `idp`."""
    address = home / "idp.socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen()
    root = Path(__file__).parents[2]
    server = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "tests.support.warm", str(listener.fileno())],
        cwd=root,
        env=dict(os.environ),
        pass_fds=[listener.fileno()],
    )
    listener.close()
    try:
        yield f'idp() {{ {sys.executable} -I -S {Path(__file__)} {address} "$@"; }}'
    finally:
        server.terminate()
        server.wait(10)


def _ask(address: str, arguments: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        told = {"arguments": arguments, "directory": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109 - quick
        socket.send_fds(server, [json.dumps(told).encode()], [0, 1, 2])
        server.shutdown(socket.SHUT_WR)
        return server.recv(1)[0]


def _serve(listener: socket.socket) -> None:
    for name in _LOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        asker, _ = listener.accept()
        with asker:
            told, files, _, _ = socket.recv_fds(asker, _MOST, 3)
            while more := asker.recv(_MOST):
                told += more
            child = os.fork()
            if not child:
                _become(json.loads(told), files)
            for file in files:
                os.close(file)
            _, status = os.waitpid(child, 0)
            asker.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))


def _become(told: Mapping[str, Any], files: list[int]) -> None:
    from idp.cli.app import run

    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(told["directory"])
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.argv = ["idp", *told["arguments"]]
    status = 1
    try:
        run()
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(_ask(sys.argv[1], sys.argv[2:]))
