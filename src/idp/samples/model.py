"""What the samples are registered as, and what can go wrong."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit


class NotSignedIn(Exception):
    """The provider, or what it answered, does not let somebody in: `code` and `description` as it said them."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """`origin` is where people reach it, such as `http://localhost:8081`."""

    name: str
    issuer: str
    origin: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    @property
    def port(self) -> int:
        port = urlsplit(self.origin).port
        assert port is not None
        return port

    @property
    def signed_out_uri(self) -> str:
        return f"{self.origin}/signed-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(_Place):
    """The one of OpenID Connect."""

    client_id: str
    client_secret: str

    @classmethod
    def read(cls, path: Path) -> "Sample":
        return cls(**json.loads(path.read_text("utf-8")))

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlSample(_Place):
    """The one of SAML; `key` is PEM. Its entity ID is a name, and stays when its port changes."""

    entity_id: str
    key: str

    @classmethod
    def find(cls, path: Path) -> "SamlSample | None":
        """None where the file describes the other one."""
        described = json.loads(path.read_text("utf-8"))
        return cls(**described) if "entity_id" in described else None

    @property
    def metadata_url(self) -> str:
        """The provider's; nothing else of it is known beforehand."""
        return f"{self.issuer}/saml/metadata"

    @property
    def acs(self) -> str:
        return f"{self.origin}/acs"

    @property
    def slo(self) -> str:
        return f"{self.origin}/slo"
