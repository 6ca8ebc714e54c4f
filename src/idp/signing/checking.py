"""The signature itself, checked by joserfc. Imported by the first token that needs it: a worker starts without."""

from copy import copy

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.signing.keys import Alg, PublicKey


def payload(token: str, key: PublicKey) -> bytes:
    """What `key` has signed; ValueError when it has not."""
    try:
        return jws.deserialize_compact(token, _import(key), registry=_registry(key.alg)).payload
    except JoseError as error:
        raise ValueError(str(error)) from error


def _registry(alg: Alg) -> JWSRegistry:
    found = JWSRegistry(algorithms=[alg.value])
    if alg is Alg.EDDSA:  # RFC 9864 would have it called Ed25519; today's relying parties know it by this name
        quiet = copy(found.algorithms[alg.value])
        quiet.security_warning = None
        found.algorithms = {alg.value: quiet}
    return found


_KINDS: dict[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}


def _import(key: PublicKey) -> ECKey | OKPKey | RSAKey:
    named: dict[str, str | list[str]] = {name: value for name, value in key.jwk.items() if name != "kid"}
    return _KINDS[key.jwk["kty"]].import_key(named)
