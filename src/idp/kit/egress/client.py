import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from idp.kit.clock import monotonic
from idp.kit.egress.budget import Budget
from idp.kit.egress.meanings import Reason, Unreachable
from idp.kit.egress.reach import Allowed, Reach
from idp.kit.egress.targets import Target, read_target

if TYPE_CHECKING:
    from httpcore2 import Response

    from idp.kit.egress.wire import Resolve, Resolver

LARGEST = 512 * 1024
PATIENCE = 5.0  # seconds for all of it: name, connection, handshake, question and answer
_HEAD = 32 * 1024
_THREADS = 8


class Answer(NamedTuple):
    """`media_type` in lower case, without its parameters; it and the other fields are empty where the answer has
    none."""

    status: int
    media_type: str
    body: bytes
    etag: str = ""
    modified: str = ""
    location: str = ""


class _Question(NamedTuple):
    method: str
    headers: list[tuple[str, str]]
    body: bytes | None


def _question(form: bytes | None, headers: Mapping[str, str]) -> _Question:
    fields = {"User-Agent": "Warifu", "Accept-Encoding": "identity", "Connection": "close"}
    if form is not None:
        fields |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(form))}
    fields |= headers
    return _Question("GET" if form is None else "POST", [*fields.items()], form)


class Egress:
    """Built once in each process. Nothing is opened, and no thread begun, before the first call."""

    def __init__(
        self,
        *,
        allowed: Allowed | None = None,
        extra_ca: Path | None = None,
        plain: bool = False,
        budget: Budget | None = None,
        resolve: "Resolve | None" = None,
    ) -> None:
        """`extra_ca` are further authorities (PEM) beside the system's. `plain` lets http reach what is allowed."""
        self._reach = Reach(allowed or Allowed(), plain)
        self._extra_ca = extra_ca
        self._budget = budget or Budget()
        self._resolve = resolve
        self._making = threading.Lock()
        self._names: Resolver | None = None
        self._trust: ssl.SSLContext | None = None
        self._threads: ThreadPoolExecutor | None = None

    def fetch(
        self,
        url: str,
        *,
        tenant: str,
        form: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST,
        patience: float = PATIENCE,
    ) -> Answer:
        """GET, or POST of a `form`, urlencoded unless `headers` say otherwise. Blocks: for workers and threads. An
        answer of any status is one, a redirect too. Raises `Unreachable`."""
        until = monotonic() + patience
        try:
            target = read_target(url)
        except ValueError:
            raise Unreachable(Reason.FORM) from None
        self._reach.judge_form(target)
        question = _question(form, headers or {})
        with self._budget.one(tenant), _understood():
            return self._ask(target, self._addresses(target, until), question, largest=largest, until=until)

    def judge(self, url: str) -> None:
        """Whether it could ever be fetched, as far as it says so itself: no name is looked up. Raises `Unreachable`."""
        try:
            self._reach.judge_form(read_target(url))
        except ValueError:
            raise Unreachable(Reason.FORM) from None

    def locate(self, url: str, *, tenant: str, patience: float = PATIENCE) -> None:
        """Whether its host has addresses that may be reached; nothing is connected to. Blocks. Raises
        `Unreachable`."""
        until = monotonic() + patience
        try:
            target = read_target(url)
        except ValueError:
            raise Unreachable(Reason.FORM) from None
        self._reach.judge_form(target)
        with self._budget.one(tenant), _understood():
            self._reach.judge(target, self._addresses(target, until))

    async def fetch_aside(
        self,
        url: str,
        *,
        tenant: str,
        form: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST,
        patience: float = PATIENCE,
    ) -> Answer:
        """As `fetch`, in a thread of ours: for doors, whose event loop must not wait."""
        with self._making:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="egress")
        call = partial(self.fetch, url, tenant=tenant, form=form, headers=headers, largest=largest, patience=patience)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Calls that have not begun are given up."""
        with self._making:
            if self._threads is not None:
                self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, target: Target, found: Sequence[str], question: _Question, *, largest: int, until: float) -> Answer:
        from httpcore2 import URL, ConnectionPool

        from idp.kit.egress.wire import Pinned

        backend = Pinned(self._reach.judge(target, found), until=until, most=2 * (largest + _HEAD))
        url = URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        fields = [("Host", target.authority), *question.headers]
        with (
            ConnectionPool(ssl_context=self._authorities(), max_connections=1, network_backend=backend) as pool,
            pool.stream(question.method, url, headers=fields, content=question.body) as response,
        ):
            return _read(response, largest)

    def _addresses(self, target: Target, until: float) -> Sequence[str]:
        if target.address is not None:
            return [str(target.address)]
        with self._making:
            if self._names is None:
                from idp.kit.egress.wire import Resolver, system_resolve

                self._names = Resolver(self._resolve or system_resolve)
        return self._names(target.host, target.port, until)

    def _authorities(self) -> ssl.SSLContext:
        with self._making:
            if self._trust is None:
                self._trust = ssl.create_default_context()
                self._trust.minimum_version = ssl.TLSVersion.TLSv1_2
                if self._extra_ca is not None:
                    self._trust.load_verify_locations(self._extra_ca)
            return self._trust


def _read(response: "Response", largest: int) -> Answer:
    fields = [(name.lower(), value) for name, value in response.headers]
    if sum(len(name) + len(value) for name, value in fields) > _HEAD:
        raise Unreachable(Reason.TOO_LARGE)
    if any(name == b"content-encoding" and value.strip().lower() != b"identity" for name, value in fields):
        raise Unreachable(Reason.GARBLED)  # a bomb is small before it is undone
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > largest:
            raise Unreachable(Reason.TOO_LARGE)
    types, *others = (_only(fields, name) for name in (b"content-type", b"etag", b"last-modified", b"location"))
    return Answer(response.status, types.partition(";")[0].strip().lower(), bytes(body), *others)


def _only(fields: Sequence[tuple[bytes, bytes]], wanted: bytes) -> str:
    """Of a field that comes once; of one that comes twice nothing is believed."""
    found = [value for name, value in fields if name == wanted]
    return found[0].strip().decode("latin-1") if len(found) == 1 else ""


@contextmanager
def _understood() -> Iterator[None]:
    import httpcore2

    try:
        yield
    except httpcore2.TimeoutException:
        raise Unreachable(Reason.SLOW) from None
    except httpcore2.ProtocolError:
        raise Unreachable(Reason.GARBLED) from None
    except (httpcore2.ConnectError, ssl.SSLError):  # connections of TCP are told by those who make them
        raise Unreachable(Reason.TLS) from None
    except (httpcore2.NetworkError, OSError):
        raise Unreachable(Reason.UNCONNECTED) from None
