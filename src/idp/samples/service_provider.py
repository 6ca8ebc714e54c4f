"""The SAML side: pysaml2's client, configured by the provider's metadata alone."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import httpx2
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.response import StatusError
from saml2.s_utils import status_message_factory, success_status_factory
from saml2.samlp import STATUS_UNKNOWN_PRINCIPAL
from saml2.sigver import RSACrypto, verify_redirect_signature
from saml2.xmldsig import SIG_RSA_SHA256

from idp.samples.model import NotSignedIn, SamlSample
from idp.samples.visitors import Asserted, Visitor
from idp.samples.xml_signatures import InProcess

_FRESH = 60.0  # seconds: keys change
_MOST_PENDING = 20

T = TypeVar("T")


class Asked(NamedTuple):
    """A logout that the provider asks for."""

    name: str
    session_indexes: frozenset[str]
    message: Any
    relay_state: str


class ServiceProvider:
    def __init__(self, sample: SamlSample) -> None:
        logging.getLogger("saml2").setLevel(logging.CRITICAL)  # what it would say is shown on a page
        self._sample = sample
        self._key = load_pem_private_key(sample.key.encode(), None)
        self._client: Any = None
        self._until = 0.0

    async def begin(self, visitor: Visitor, *, passive: bool) -> str:
        """Where the browser goes. Raises `NotSignedIn` when the provider is not there."""
        client = await self._ready()
        request_id, info = client.prepare_for_authenticate(
            self._sample.metadata_url,
            relay_state="/",
            binding=BINDING_HTTP_REDIRECT,
            sign=True,
            sigalg=SIG_RSA_SHA256,
            is_passive="true" if passive else None,
        )
        visitor.pending[request_id] = "/"
        for old in list(visitor.pending)[:-_MOST_PENDING]:
            del visitor.pending[old]
        return _location(info)

    async def finish(self, visitor: Visitor, message: str) -> None:
        """The browser is back: an answer to a request of its own, signed by the provider, tells who it is."""
        client = await self._ready()
        visitor.asserted = _judged(
            lambda: _asserted(
                client.parse_authn_request_response(message, BINDING_HTTP_POST, outstanding=visitor.pending)
            )
        )
        visitor.pending.clear()

    async def end(self, asserted: Asserted) -> str:
        """Where the browser goes to sign out there too (profiles 4.4)."""
        client = await self._ready()
        location = self._logout_place(client)
        _, request = client.create_logout_request(
            location,
            self._sample.metadata_url,
            name_id=asserted.name_id,
            session_indexes=[asserted.session_index],
            sign=False,  # the query is
        )
        info = client.apply_binding(
            BINDING_HTTP_REDIRECT, str(request), location, "/signed-out", sign=True, sigalg=SIG_RSA_SHA256
        )
        return _location(info)

    async def ended(self, query: Mapping[str, str]) -> None:
        """The provider's answer to a logout. Raises `NotSignedIn` where it did not end everything."""
        client = await self._ready()
        self._refuse_foreign(client, query)
        _judged(lambda: client.parse_logout_request_response(query["SAMLResponse"], BINDING_HTTP_REDIRECT))

    async def asked_to_end(self, query: Mapping[str, str]) -> Asked:
        client = await self._ready()
        self._refuse_foreign(client, query)
        message = _judged(lambda: client.parse_logout_request(query["SAMLRequest"], BINDING_HTTP_REDIRECT).message)
        indexes = frozenset(each.text for each in message.session_index)
        return Asked(message.name_id.text, indexes, message, query.get("RelayState", ""))

    def answer(self, asked: Asked, *, ended: bool) -> str:
        """Where the browser goes back to."""
        status = success_status_factory() if ended else status_message_factory("Nobody.", STATUS_UNKNOWN_PRINCIPAL)
        client = self._client
        response = client.create_logout_response(asked.message, [BINDING_HTTP_REDIRECT], status, sign=False)
        where = client.response_args(asked.message, [BINDING_HTTP_REDIRECT])["destination"]
        info = client.apply_binding(
            BINDING_HTTP_REDIRECT,
            str(response),
            where,
            asked.relay_state,
            response=True,
            sign=True,
            sigalg=SIG_RSA_SHA256,
        )
        return _location(info)

    def _refuse_foreign(self, client: Any, query: Mapping[str, str]) -> None:
        """The signature of HTTP-Redirect stands beside the message (bindings 3.4.4.1); pysaml2 leaves it to us."""
        if not {"SigAlg", "Signature"} <= query.keys():
            raise NotSignedIn("invalid_signature", "The message is not signed.")
        certificates = client.metadata.certs(self._sample.metadata_url, "idpsso", "signing")
        backend = client.sec.sec_backend
        if not _judged(lambda: any(verify_redirect_signature(dict(query), backend, cert) for _, cert in certificates)):
            raise NotSignedIn("invalid_signature", "The message is not signed by the provider.")

    def _logout_place(self, client: Any) -> str:
        places = client.metadata.single_logout_service
        return _judged(lambda: str(places(self._sample.metadata_url, BINDING_HTTP_REDIRECT, "idpsso")[0]["location"]))

    async def _ready(self) -> Any:
        if self._client is None or time.monotonic() > self._until:
            self._client = self._made(await self._metadata())
            self._until = time.monotonic() + _FRESH
        return self._client

    async def _metadata(self) -> str:
        try:
            # Loopback is not asked for through a proxy.
            async with httpx2.AsyncClient(trust_env=False, timeout=10) as http:
                answer = await http.get(self._sample.metadata_url)
                answer.raise_for_status()
        except httpx2.HTTPStatusError as error:
            raise NotSignedIn("unexpected_answer", str(error)) from error
        except httpx2.HTTPError as error:
            raise NotSignedIn("provider_unreachable", str(error) or type(error).__name__) from error
        return answer.text

    def _made(self, metadata: str) -> Any:
        own = self._sample
        endpoints = {
            "assertion_consumer_service": [(own.acs, BINDING_HTTP_POST)],
            "single_logout_service": [(own.slo, BINDING_HTTP_REDIRECT)],
        }
        service = {
            "endpoints": endpoints,
            "authn_requests_signed": True,
            "want_response_signed": True,
            "want_assertions_signed": True,
            "allow_unsolicited": False,
        }
        settings = {
            "entityid": own.entity_id,
            "crypto_backend": "XMLSecurity",  # of it nothing is used: `sec.crypto` takes its place below
            "service": {"sp": service},
            "allow_unknown_attributes": True,
            "accepted_time_diff": 60,
            "metadata": {"inline": [metadata]},
        }
        client = _judged(lambda: Saml2Client(SPConfig().load(settings)))
        client.sec.crypto = InProcess()
        client.sec.sec_backend = RSACrypto(self._key)
        return client


def _judged(work: Callable[[], T]) -> T:
    """What pysaml2 makes of a message; its refusals as a meaning of ours, without what its frames hold open."""
    try:
        return work()
    except NotSignedIn:
        raise
    except StatusError as refused:
        code = type(refused).__name__.removeprefix("Status")
        said = str(refused).rpartition("\n")[2].rpartition(" from ")[0]
        raise NotSignedIn(code, said) from refused.with_traceback(None)
    except Exception as wrong:  # of many kinds, without a common one
        raise NotSignedIn("invalid_response", str(wrong)[:300] or type(wrong).__name__) from wrong.with_traceback(None)


def _asserted(response: Any) -> Asserted:
    if response is None:
        raise NotSignedIn("invalid_response", "This is no response.")
    told = response.session_info()
    context, _, instant = told["authn_info"][0]
    name_id, signature = told["name_id"], response.response.signature
    facts = {
        "Issuer": told["issuer"],
        "NameID": name_id.text,
        "Format": _last_word(name_id.format or ""),
        "SPNameQualifier": name_id.sp_name_qualifier or "",
        "InResponseTo": response.in_response_to,
        "AuthnContextClassRef": _last_word(context),
        "AuthnInstant": instant,
        "SessionIndex": told["session_index"],
        "SignatureMethod": _last_word(signature.signed_info.signature_method.algorithm),
    }
    attributes = tuple((name, ", ".join(values)) for name, values in told["ava"].items())
    said = tuple((name, value) for name, value in facts.items() if value)
    return Asserted(name_id.text, told["session_index"], attributes, said, name_id)


def _last_word(identifier: str) -> str:
    return identifier.rpartition("#")[2].rpartition(":")[2]


def _location(info: Mapping[str, Any]) -> str:
    return str(dict(info["headers"])["Location"])
