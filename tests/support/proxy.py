"""A reverse proxy as operators put one in front: it adds the address that it saw to X-Forwarded-For, and passes on."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIELD = "X-Forwarded-For"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", FIELD.lower()}


@contextmanager
def proxy(target: int, *, sees: str, speaks_from: str) -> Iterator[int]:
    """Its port. To whom it speaks it says that the client is at `sees`, for on loopback nobody is anywhere else; it
    speaks from an address of its own, which the target may trust or not."""

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fields = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
            came = self.headers.get_all(FIELD) or []
            onward = http.client.HTTPConnection("127.0.0.1", target, timeout=30, source_address=(speaks_from, 0))
            onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in [*fields, (FIELD, ", ".join([*came, sees])), ("Content-Length", str(len(body)))]:
                onward.putheader(name, value)
            onward.endheaders(body)
            answer = onward.getresponse()
            content = answer.read()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            onward.close()

        do_GET = do_POST = pass_on  # noqa: N815 - the names that the standard library calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
