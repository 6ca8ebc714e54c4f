"""Connections to addresses that were judged, which end at one deadline and after so many bytes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from httpcore2 import ConnectError, ConnectTimeout, NetworkBackend, NetworkStream, SyncBackend

from idp.kit.addresses import Address, canonical
from idp.kit.clock import monotonic
from idp.kit.egress.meanings import Reason, Unreachable

Resolve = Callable[[str, int], Sequence[str]]
"""Every address of a name, as text. Raises OSError."""

_RESOLVING = 16


def system_resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(each[4][0]) for each in found]


class Resolver:
    """The system's resolver keeps to no deadline: it is asked in a thread that we need not wait for."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._turns = threading.BoundedSemaphore(_RESOLVING)

    def __call__(self, host: str, port: int, until: float) -> Sequence[str]:
        """Raises `Unreachable`."""
        if not self._turns.acquire(timeout=left(until)):
            raise Unreachable(Reason.SLOW)
        said: SimpleQueue[Sequence[str] | None] = SimpleQueue()
        threading.Thread(target=self._ask, args=(host, port, said), name="egress-names", daemon=True).start()
        try:
            found = said.get(timeout=left(until))
        except Empty:
            raise Unreachable(Reason.SLOW) from None
        if found is None:
            raise Unreachable(Reason.UNRESOLVED)
        return found

    def _ask(self, host: str, port: int, said: "SimpleQueue[Sequence[str] | None]") -> None:
        try:
            said.put(self._resolve(host, port))
        except (OSError, UnicodeError):
            said.put(None)
        finally:
            self._turns.release()


def left(until: float) -> float:
    """Raises `Unreachable` when the time is over."""
    seconds = until - monotonic()
    if seconds <= 0:
        raise Unreachable(Reason.SLOW)
    return seconds


class Pinned(NetworkBackend):
    """Connects to one of these addresses whatever the name in the URL is."""

    def __init__(self, addresses: Sequence[Address], *, until: float, most: int) -> None:
        self._addresses = addresses
        self._until = until
        self._most = most

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - a name is not looked up twice
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is ours
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> NetworkStream:
        for position, address in enumerate(self._addresses):
            share = left(self._until) / (len(self._addresses) - position)
            try:
                stream = SyncBackend().connect_tcp(str(address), port, share)
            except (ConnectError, ConnectTimeout):
                continue
            if canonical(stream.get_extra_info("server_addr")[0]) != address:
                stream.close()
                raise Unreachable(Reason.FORBIDDEN)
            return Bounded(stream, until=self._until, most=self._most)
        raise Unreachable(Reason.UNCONNECTED)


class Bounded(NetworkStream):
    def __init__(self, stream: NetworkStream, *, until: float, most: int) -> None:
        self._stream = stream
        self._until = until
        self._left = most

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline is ours
        data = self._stream.read(max_bytes, left(self._until))
        self._left -= len(data)
        if self._left < 0:
            raise Unreachable(Reason.TOO_LARGE)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, left(self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, left(self._until))
        return Bounded(inner, until=self._until, most=self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
