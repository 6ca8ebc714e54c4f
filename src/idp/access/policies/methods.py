"""Which kind of factor each authentication method is (RFC 8176 2). Two of one kind are not two factors."""

from collections.abc import Set as AbstractSet

KNOWLEDGE = ("kba", "pin", "pwd")
POSSESSION = ("hwk", "otp", "pop", "sc", "sms", "swk", "tel")
INHERENCE = ("face", "fpt", "iris", "retina", "vbm")
FACTORS = (KNOWLEDGE, POSSESSION, INHERENCE)

_KIND = {method: kind for kind, methods in enumerate(FACTORS) for method in methods}


def is_mfa(methods: AbstractSet[str]) -> bool:
    """`mfa` and `mca` are claims about other methods and count for nothing by themselves."""
    return len({_KIND[each] for each in methods if each in _KIND}) > 1
