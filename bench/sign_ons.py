"""Turns at a provider of SAML: a fresh request by HTTP-Redirect in a live session, and the form that is its answer.

Good is a 200 with a response that says success, answers this very request, has a name that no other had, and brings an
assertion and two signatures along. That they verify is looked at in a sample: here it would slow the load down.
"""

import base64
import random
import re
import time
import zlib
from urllib.parse import quote

from bench.tally import Tally

ANSWER = re.compile(rb"""name="SAMLResponse" (?:id="[^"]*" )?value="([A-Za-z0-9+/=]+)\"""")
NAME = re.compile(rb"""<[\w.-]+:Response\b[^>]*? ID="([^"]+)\"""")
SUCCESS = b"urn:oasis:names:tc:SAML:2.0:status:Success"
_REQUEST = (
    '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{name}" Version="2.0" IssueInstant="{instant}" '
    'Destination="{destination}"><saml:Issuer>{service}</saml:Issuer></samlp:AuthnRequest>'
)


class SignOns:
    def __init__(self, tally: Tally, number: int) -> None:
        self.tally = tally
        self.order = tally.order
        cookies = self.order.sessions[number % len(self.order.sessions)]
        self.tail = f" HTTP/1.1\r\nHost: {self.order.host}\r\nCookie: {cookies}\r\nAccept: text/html\r\n\r\n"
        self.name = ""

    def begin(self) -> bytes:
        self.name = f"_{random.getrandbits(160):040x}"
        request = _REQUEST.format(
            name=self.name,
            instant=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            destination=self.order.destination,
            service=random.choice(self.order.services),
        )
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(request.encode()) + packer.flush()
        message = quote(base64.b64encode(packed), safe="")
        return f"GET {self.order.path}?SAMLRequest={message}&RelayState=bench{self.tail}".encode()

    def answered(self, head: bytes, body: bytes) -> None:
        if (wrong := self._judge(head, body)) is not None:
            self.tally.bad[wrong] += 1

    def _judge(self, head: bytes, body: bytes) -> str | None:
        """What is wrong with it."""
        status, found = head[9:12].decode("latin-1"), ANSWER.search(body)
        if status != "200" or found is None:
            return "no response" if status == "200" else f"status {status}"
        response = base64.b64decode(found[1])
        for pattern, times, wrong in (
            (SUCCESS, 1, "no success"),
            (f'InResponseTo="{self.name}"'.encode(), 2, "answers another request"),
            (b":SignatureValue>", 4, "less than two signatures"),
            (b":AttributeStatement>", 2, "no attributes"),
        ):
            if response.count(pattern) != times:
                return wrong
        name = NAME.search(response)
        if name is None or name[1].decode() in self.tally.tokens:
            return "response seen before"
        self.tally.good(name[1].decode(), found[1].decode())
        return None
