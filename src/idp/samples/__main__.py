"""Serves the samples, each on its own port, until told to stop, or until whoever started them is gone."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from idp.samples import oidc_app, saml_app
from idp.samples.model import SamlSample, Sample


class Place(NamedTuple):
    """A description, and the sockets that are handed down for it; without them one is opened."""

    description: Path
    descriptors: tuple[int, ...]

    @classmethod
    def of(cls, argument: str) -> "Place":
        path, _, numbers = argument.rpartition(":")
        return cls(Path(path), tuple(int(each) for each in numbers.split(",") if each))

    def sockets(self, port: int) -> list[socket.socket]:
        return [socket.socket(fileno=number) for number in self.descriptors] or [
            socket.create_server(("127.0.0.1", port))
        ]


def main(places: Sequence[Place]) -> None:
    sites: dict[int, Starlette] = {}
    sockets = []
    for place in places:
        port, site = _site(place.description)
        sites[port] = site
        sockets += place.sockets(port)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's is for whoever started it, who tells it to go
    _live_no_longer_than_starter()
    config = uvicorn.Config(by_port(sites), log_config=None, access_log=False, server_header=False, lifespan="off")
    config.timeout_graceful_shutdown = 2
    uvicorn.Server(config).run(sockets)


def by_port(sites: dict[int, Starlette]) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await sites[scope["server"][1]](scope, receive, send)

    return answer


def _site(description: Path) -> tuple[int, Starlette]:
    if saml := SamlSample.find(description):
        return saml.port, saml_app.build(saml)
    sample = Sample.read(description)
    return sample.port, oidc_app.build(sample)


def _live_no_longer_than_starter() -> None:
    """Standard input is a pipe that nobody writes to: it ends when its other end does."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    main([Place.of(argument) for argument in sys.argv[1:]])
