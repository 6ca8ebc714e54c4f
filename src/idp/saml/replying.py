"""The answer to a service that has begun a logout, by a browser: signed, to the address that it has registered for
answers (metadata 2.2.2), with its relay state as it came."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from idp import xml
from idp.access import Facts
from idp.federation import Binding, LogoutAddress, SamlService
from idp.saml import answers, elements, places
from idp.saml.answering import post, redirect
from idp.saml.detached import signed_query
from idp.saml.inflating import deflate, to_base64
from idp.saml.model import Outcome
from idp.web.asgi import Header, Scope, Send
from idp.web.house import House


class Reply(NamedTuple):
    """What is owed: to which service, for which request, by the binding in which that came if there is an address."""

    service: str
    request_id: str
    binding: str
    relay_state: str | None

    def to_text(self) -> str:
        return json.dumps(self)


def from_text(text: str) -> Reply:
    """What `to_text` has written."""
    return Reply(*json.loads(text))


def address_for(saml: SamlService, binding: str) -> LogoutAddress | None:
    if binding == Binding.SOAP:
        return None
    return saml.logout(Binding(binding)) or saml.logout_in_browser


def joined(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"


async def reply(
    house: House,
    scope: Scope,
    send: Send,
    facts: Facts,
    owed: Reply,
    outcome: Outcome,
    *,
    headers: Iterable[Header] = (),
) -> bool:
    """False where there is nobody any more to be answered: the service is gone, or has taken its address away."""
    service = facts.services.get(owed.service)
    address = address_for(service.saml, owed.binding) if service is not None and service.saml is not None else None
    if service is None or service.saml is None or address is None:
        return False
    now_us = house.units.clock.now_us()
    response = answers.logout_response(
        outcome,
        entity_id=places.entity_id(house.issuer(facts.tenant.slug), facts),
        destination=address.for_answers,
        request_id=owed.request_id,
        at_us=now_us,
    )
    alg, key = service.saml.signature_alg, facts.keys.xml_for(service.saml.switch, now_us=now_us)
    if address.binding is Binding.REDIRECT:
        message = to_base64(deflate(xml.written(response)))
        query = signed_query("SAMLResponse", message, owed.relay_state, key=key, alg=alg)
        await redirect(send, joined(address.for_answers, query), [*headers])
        return True
    elements.sign(response, key, alg)
    written, state = xml.written(response), owed.relay_state
    await post(house, scope, send, facts, written, address=address.for_answers, relay_state=state, headers=headers)
    return True
