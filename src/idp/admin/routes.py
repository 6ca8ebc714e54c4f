"""What a route of this API declares: data that serves it, describes it and is checked against its path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from idp.admin.rights import Right
from idp.credentials import Noun, Verb

if TYPE_CHECKING:
    from idp.admin.answers import Answer, File, Stream
    from idp.admin.call import Call
    from idp.kit.listing import Listing

# Ways of reading a collection, though they have the name of one.
_ACTS = ("/audit/export",)
# Questions that need a document: they change nothing.
_ASKING = frozenset({"simulate", "backtest", "comparison", "preview"})

Handler = Callable[["Call"], "Answer | File | Stream"]


class Undeclared(Exception):
    """A route says nothing about who may use it, or something that its path contradicts: the program does not start."""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is below `/api/v1`. `takes` is the shape of the document that comes with it, `gives` that of the answer,
    of each item where `pages`; None for no content.

    `versioned` routes answer with an `ETag` and heed `If-Match` or `If-None-Match`. `filters` are the query parameters
    beside those of paging, with what they mean; `conflicts` the codes of 409 that clients should know; `proposes` where
    an operator's request may wait for a second one. What is read below a tenant its own administrators read under a
    contract that runs; `in_grace` also while they may export. `also` are the media types, beside JSON, in which the
    answer can be asked for. `takes_file` is the media type of what is sent in the place of a document. `listed` is the
    list of which it gives pages: what it may be asked is read and described as that list says.
    """

    method: str
    path: str
    handler: Handler
    right: Right
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    status: int = 200
    pages: bool = False
    versioned: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    proposes: bool = False
    in_grace: bool = False
    also: tuple[str, ...] = ()
    takes_file: str | None = None
    listed: "Listing[Any] | None" = None

    @property
    def parameters(self) -> list[str]:
        """What its query may name, beside the parameters of paging."""
        return [*self.filters, *(() if self.listed is None else self.listed.parameters)]

    @property
    def asks(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET" or self.path.rpartition("/")[2] in _ASKING

    @property
    def reads_tenant(self) -> bool:
        return self.asks and "{tenant}" in self.path

    @property
    def name(self) -> str:
        """Unique; what clients that are generated from the description call it."""
        words = [word.strip("{}").replace("-", "_") for word in self.path.split("/") if word]
        return "_".join([self.method.lower(), *words])


def check(route: Route) -> None:
    """The noun is the last collection of the path. Raises `Undeclared`."""
    if not isinstance(route.right, Right) or not route.right.scopes:
        raise Undeclared(f"{route.method} {route.path} does not say who may use it")
    known = {noun.value: noun for noun in Noun}
    path = route.path.rpartition("/")[0] if route.path.endswith(_ACTS) else route.path
    words = [word.replace("-", "_") for word in path.split("/")]
    nouns = [known[word] for word in words if word in known]
    verb = Verb.READ if route.asks else Verb.WRITE
    if not nouns or (route.right.noun, route.right.verb) != (nouns[-1], verb):
        raise Undeclared(f"{route.method} {route.path} declares {route.right.permission}")
