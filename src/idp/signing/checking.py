"""The signature itself, checked by joserfc. Imported by the first token that needs it: a worker starts without."""

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from idp.signing.keys import PublicKey


def payload(token: str, key: PublicKey) -> bytes:
    """What `key` has signed; ValueError when it has not."""
    try:
        return jws.deserialize_compact(token, _import(key), algorithms=[key.alg.value]).payload
    except JoseError as error:
        raise ValueError(str(error)) from error


def _import(key: PublicKey) -> ECKey | RSAKey:
    named: dict[str, str | list[str]] = {name: value for name, value in key.jwk.items() if name != "kid"}
    return ECKey.import_key(named) if named["kty"] == "EC" else RSAKey.import_key(named)
