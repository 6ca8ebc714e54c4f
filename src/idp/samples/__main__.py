"""Serves the sample on its own port until told to stop, or until whoever started it is gone."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from idp.samples.app import build
from idp.samples.model import Sample


def main(description: Path, handed_down: list[int]) -> None:
    """`handed_down` are file descriptors of listening sockets; without them it opens its own."""
    sample = Sample.read(description)
    sockets = [socket.socket(fileno=number) for number in handed_down] or [
        socket.create_server(("127.0.0.1", sample.port))
    ]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's is for whoever started it, who tells it to go
    _live_no_longer_than_starter()
    config = uvicorn.Config(build(sample), log_config=None, access_log=False, server_header=False, lifespan="off")
    config.timeout_graceful_shutdown = 2
    uvicorn.Server(config).run(sockets)


def _live_no_longer_than_starter() -> None:
    """Standard input is a pipe that nobody writes to: it ends when its other end does."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(number) for number in sys.argv[2:]])
