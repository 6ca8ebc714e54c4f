from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Shown
from idp.admin.snippets import Library


class Snippet(Shown):
    """`environment` are the variables that it reads: secrets are never in the code."""

    library: Library
    language: Annotated[str, Field(examples=["python"])]
    file: Annotated[str, Field(description="What to call it.", examples=["app.py"])]
    install: Annotated[str, Field(examples=["pip install authlib httpx2 fastapi itsdangerous uvicorn"])]
    environment: Annotated[list[str], Field(examples=[["CLIENT_SECRET"]])]
    code: Annotated[str, Field(examples=["import os\n…"])]


class Snippets(Shown):
    """With `discovery_url` or `metadata_url`, as the service's protocol is."""

    discovery_url: str | None = None
    metadata_url: str | None = None
    snippets: list[Snippet]
