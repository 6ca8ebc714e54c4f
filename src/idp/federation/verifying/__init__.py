"""Whether what is registered can work: checks of a registration, and what the latest of them have found.

Looks at what is written, and asks the addresses of a service what they would answer to anybody: nothing is posted,
nobody is signed in, and redirect URIs are only looked up by name. Never within a unit, for a bounded time, by the one
way out. It decides the verification status and nothing else: that blocks nobody by itself.
"""

from idp.federation.verifying.concluding import conclude, found_last, note, to_json
from idp.federation.verifying.looking import look, written
from idp.federation.verifying.model import Finding, Result, Verification

__all__ = ["Finding", "Result", "Verification", "conclude", "found_last", "look", "note", "to_json", "written"]
