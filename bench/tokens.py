"""Turns at an OpenID provider: a token request or, where the order has sessions, an authorization request in one of
them and the redemption of the code that it gives. Good is a 200 with an access token that no other turn had."""

import json
import re

from bench.tally import Tally

CODE = re.compile(rb"\r\nlocation: *[^\r]*[?&]code=([^&\r]+)", re.IGNORECASE)
REDIRECTS = frozenset({"302", "303"})


class TokenTurns:
    def __init__(self, tally: Tally, number: int) -> None:
        self.tally = tally
        self.order = tally.order
        self.first = self._authorization_request(number) if self.order.sessions else self._token_request()
        self.authorizing = False

    def begin(self) -> bytes:
        self.authorizing = bool(self.order.sessions)
        return self.first

    def answered(self, head: bytes, body: bytes) -> bytes | None:
        if not self.authorizing:
            self._judge(head, body)
            return None
        self.authorizing = False
        code = self._code(head)
        return self._token_request(code) if code else None

    def _token_request(self, code: str = "") -> bytes:
        order, form = self.order, f"{self.order.form}{code}"
        head = (
            f"POST {order.path} HTTP/1.1\r\nHost: {order.host}\r\nAuthorization: {order.authorization}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
            f"Content-Length: {len(form)}\r\n\r\n"
        )
        return (head + form).encode()

    def _authorization_request(self, number: int) -> bytes:
        cookies = self.order.sessions[number % len(self.order.sessions)]
        head = f"GET {self.order.authorize_path} HTTP/1.1\r\nHost: {self.order.host}\r\nCookie: {cookies}\r\n"
        return f"{head}Accept: text/html\r\n\r\n".encode()

    def _code(self, head: bytes) -> str | None:
        """The code that an answer of the authorization endpoint leads back with."""
        status, found = head[9:12].decode("latin-1"), CODE.search(head)
        if status not in REDIRECTS:
            self.tally.bad[f"authorization status {status}"] += 1
        elif found is None:
            self.tally.bad["no code"] += 1
        else:
            return found[1].decode("latin-1")
        return None

    def _judge(self, head: bytes, body: bytes) -> None:
        status = head[9:12].decode("latin-1")
        if status != "200":
            self.tally.bad[f"status {status}"] += 1
            return
        try:
            token = json.loads(body)["access_token"]
        except (ValueError, KeyError, TypeError):
            self.tally.bad["no access token"] += 1
            return
        if not isinstance(token, str) or token in self.tally.tokens:
            self.tally.bad["access token seen before"] += 1
            return
        self.tally.good(token, token)
