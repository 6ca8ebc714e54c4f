"""The place a relying party's redirect URIs point to: a listener that answers and remembers every GET."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue


class Callback:
    """`url` is where it listens; any path below it is answered."""

    def __init__(self, url: str, arrived: "Queue[str]") -> None:
        self.url = url
        self._arrived = arrived

    def next(self, *, within: float = 10.0) -> str:
        """The address of the next request, in the order they came; each is given once."""
        return self._arrived.get(timeout=within)


@contextmanager
def callback() -> Iterator[Callback]:
    arrived: Queue[str] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith("/favicon"):
                arrived.put(f"http://127.0.0.1:{server.server_port}{self.path}")
            self.send_response(200)
            self.send_header("content-type", "text/plain")
            self.end_headers()
            self.wfile.write(b"arrived")

        def log_message(self, *_: object) -> None:
            """Nothing of a test's traffic goes to its output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Callback(f"http://127.0.0.1:{server.server_port}", arrived)
    finally:
        server.shutdown()
        server.server_close()
