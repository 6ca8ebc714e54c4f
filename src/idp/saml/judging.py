"""What is made of a request before anybody is asked anything: whether it is one, where its answer goes, and what of it
can never be had. Pure: a request, a registration, an instant."""

from idp.federation import Binding, Consumer, NameIdFormat, SamlService
from idp.kit.clock import SECOND
from idp.saml import contexts
from idp.saml.errors import BadMessage
from idp.saml.model import NameId, Outcome, Status
from idp.saml.requests import AuthnRequest, Said

SKEW = 300 * SECOND
_FREE = frozenset({None, NameIdFormat.UNSPECIFIED.value})
_BY_BROWSERS = (Binding.POST, Binding.ARTIFACT)  # where nothing is said of it, the first that there is
_MADE_HERE = (NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT)

NO_PASSIVE = Outcome(Status.RESPONDER, Status.NO_PASSIVE, "A person would have to be asked.")
NO_CONTEXT = Outcome(Status.RESPONDER, Status.NO_AUTHN_CONTEXT, "No authentication here is of the requested context.")
NO_SUCH_NAME = Outcome(Status.REQUESTER, Status.INVALID_NAMEID_POLICY, "The person has no name of this kind here.")
NOT_ALLOWED = Outcome(Status.RESPONDER, Status.REQUEST_DENIED, "The person did not allow it.")
FAILED = Outcome(Status.RESPONDER, Status.AUTHN_FAILED, "The person did not sign in.")
UNSPEAKABLE = Outcome(Status.RESPONDER, None, "What is known of the person cannot be written in XML.")
SOMEBODY_ELSE = Outcome(Status.RESPONDER, Status.UNKNOWN_PRINCIPAL, "Somebody else is here than was asked for.")
_SUBJECT = Outcome(Status.REQUESTER, Status.REQUEST_UNSUPPORTED, "Here a person is asked for by a plain name alone.")
_ELSEWHERE = Outcome(Status.RESPONDER, Status.NO_SUPPORTED_IDP, "Somebody else is asked for.")
_FOREIGN_NAME = Outcome(Status.REQUESTER, Status.INVALID_NAMEID_POLICY, "A name is for the service that asks.")


def refuse_unusable(request: Said, *, here: str, now_us: int) -> None:
    """Core 3.2.1, bindings 3.4.5.2 and 3.5.5.2. Raises `BadMessage`."""
    if request.destination != here and (request.destination is not None or request.signed):
        raise BadMessage("destination")
    if abs(now_us - request.issued_at) > SKEW:
        raise BadMessage("issue_instant")


def consumer_of(request: AuthnRequest, service: SamlService) -> Consumer:
    """Where the answer goes, whatever it is (core 3.4.1): registered, and written exactly so. Raises `BadMessage`."""
    if request.place is not None or request.binding is not None:
        found = service.consumer(url=request.url, index=request.place, binding=request.binding)
    else:
        each = (service.consumer(url=request.url, index=None, binding=binding.value) for binding in _BY_BROWSERS)
        found = next((consumer for consumer in each if consumer is not None), None)
    if found is None or found.binding not in _BY_BROWSERS:
        raise BadMessage("assertion_consumer_service")
    return found


def program_of(request: AuthnRequest, service: SamlService) -> Consumer:
    """As `consumer_of`, where a program brings the request and takes the answer along. Raises `BadMessage`."""
    found = service.consumer(url=request.url, index=request.place, binding=request.binding or Binding.PAOS.value)
    if found is None or found.binding is not Binding.PAOS or not service.ecp:
        raise BadMessage("assertion_consumer_service")
    return found


def unmeetable(request: AuthnRequest, service: SamlService, *, own: str) -> Outcome | None:
    """What stands against it whoever is there; `own` is our name."""
    if request.names_subject:
        return _SUBJECT
    if request.providers and own not in request.providers:
        return _ELSEWHERE
    if request.name_qualifier not in {None, service.entity_id}:  # core 3.4.1.1: another's name for the person
        return _FOREIGN_NAME
    if name_format(request, service) is None:
        return NO_SUCH_NAME
    if contexts.least(request.contexts, request.comparison) is None:
        return NO_CONTEXT
    return None


def name_format(request: AuthnRequest, service: SamlService) -> NameIdFormat | None:
    """As registered, unless the request wants a name that tells no more than what the service gets anyway."""
    asked = request.wished_format
    if asked in _FREE or asked == service.name_id_format.value:
        return service.name_id_format
    known = [*_MADE_HERE, *([NameIdFormat.EMAIL] if _is_told_email(service) else [])]
    return next((each for each in known if each.value == asked), None)


def is_meant(request: AuthnRequest, name: NameId | None) -> bool:
    """Core 3.3.4: whom the request names is whom the assertion names, to the letter (3.4.1.4)."""
    wanted = request.subject
    if wanted is None:
        return True
    return (
        name is not None
        and wanted.name == name.value
        and wanted.format in {*_FREE, name.format.value}
        and wanted.name_qualifier in {None, name.name_qualifier}
        and wanted.sp_name_qualifier in {None, name.sp_name_qualifier}
    )


def _is_told_email(service: SamlService) -> bool:
    return any(each.source == "email" and each.is_plain for each in service.attributes)
