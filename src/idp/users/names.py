"""User names: compared in one form, so that no spelling is a second account or a second try."""

import unicodedata

LONGEST = 256
_LONGEST_INPUT = 1_024


def canonical(user_name: str) -> str:
    """Without case, width or surrounding space. For what no account has, any text gives a form too."""
    plain = unicodedata.normalize("NFKC", user_name[:_LONGEST_INPUT]).casefold()
    return unicodedata.normalize("NFKC", plain).strip()


def look_up_key(user_name: str) -> bytes:
    """To be keyed with the tenant's key; unpaired surrogates, which no stored name has, find nothing."""
    return canonical(user_name).encode(errors="surrogatepass")
