"""The list of applications, as it may be asked."""

from idp.federation.catalogue.model import Application
from idp.federation.vocabulary import Protocol
from idp.kit.asking import Filter, Words, named_like
from idp.kit.listing import Listing

LISTED = Listing[Application](
    row=Application,
    make=lambda _, application: application,
    key="name",  # no two have the same
    natural="name",
    filters={
        "q": named_like("id", "name", example="github", meaning="What stands in the name, in any case and width."),
        "protocol": Filter(
            takes=Words(Protocol),
            meaning="What it speaks.",
            sieve=lambda _, application, wanted: application.protocol.value == wanted,
        ),
    },
)
