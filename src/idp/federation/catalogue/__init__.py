"""Well-known applications: what has to be said of one for it to be registered, and what to enter on its own side.

Owns a file of facts that the applications document in public (`applications.toml`), checked when it is loaded, which is
when it is asked for first. It registers nothing: it completes the document that somebody sends, and that is judged like
any other.
"""

from idp.federation.catalogue.filling import filled
from idp.federation.catalogue.listed import LISTED
from idp.federation.catalogue.loading import BadCatalogue, applications, read
from idp.federation.catalogue.model import Application, Parameter, Step, Text
from idp.federation.catalogue.values import MEANINGS, Values

__all__ = [
    "LISTED",
    "MEANINGS",
    "Application",
    "BadCatalogue",
    "Parameter",
    "Step",
    "Text",
    "Values",
    "applications",
    "filled",
    "read",
]
