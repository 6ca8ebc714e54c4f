"""The signature of HTTP-Redirect: over the query as it came over the wire, byte for byte.

Whoever decodes the parameters and encodes them again signs something else: there are many encodings of one value, and
many of them are in use (bindings 3.4.4.1: the original encoded values are signed).
"""

from typing import NamedTuple
from urllib.parse import quote

from idp.saml.errors import BadMessage
from idp.saml.inflating import from_base64, to_base64
from idp.signing import SignatureAlg, XmlKey
from idp.web.forms import Form

_LONGEST_SIGNATURE = 4_096


class Detached(NamedTuple):
    """`message` is what was signed."""

    alg: SignatureAlg
    message: bytes
    signature: bytes


def detached_from(query: bytes, form: Form, name: str) -> Detached | None:
    """`form` is what the query says, `name` the parameter of the message. None: there is none. Raises `BadMessage`."""
    alg, signature = form.get("SigAlg"), form.get("Signature")
    if alg is None and signature is None:
        return None
    if not alg or not signature or len(signature) > _LONGEST_SIGNATURE:
        raise BadMessage("signature_incomplete")
    try:
        known = SignatureAlg(alg)
    except ValueError:
        raise BadMessage("algorithm") from None
    raw = _raw(query)
    parts = [name, *(["RelayState"] if "RelayState" in form else []), "SigAlg"]
    if not raw.keys() >= set(parts):  # it is there under a name that is spelled with escapes
        raise BadMessage("query", "a parameter has two spellings")
    message = b"&".join(each.encode() + b"=" + raw[each] for each in parts)
    return Detached(known, message, from_base64(signature, lines=True))


def signed_query(name: str, message: str, relay_state: str | None, *, key: XmlKey | None, alg: SignatureAlg) -> str:
    """Our own query; `message` is in base64. Without a key it is not signed."""
    values = {name: message, "RelayState": relay_state, "SigAlg": alg.value if key else None}
    query = "&".join(f"{each}={quote(value, safe='')}" for each, value in values.items() if value is not None)
    if key is None:
        return query
    signature = to_base64(key.signature(alg, query.encode()))
    return f"{query}&Signature={quote(signature, safe='')}"


def _raw(query: bytes) -> dict[str, bytes]:
    """The parameters under the very names that they were written with; a form has refused those given twice."""
    pairs = [part.partition(b"=") for part in query.split(b"&")]
    return {name.decode("latin-1"): value for name, _, value in pairs}
