"""`idp convert`."""

import json
import os
import sys
from pathlib import Path

from idp import configurations, conversions, tenants
from idp.cli.failing import Failed
from idp.cli.saying import warn, write_secret
from idp.configurations import Unreadable
from idp.conversions import Converted, Unconvertible


def convert(provider: str, file: Path, slug: str, *, out: Path | None, secrets: Path | None, as_json: bool) -> None:
    """The document goes to standard output or `out`, what is to be said of it to standard error."""
    tenants.check_slug(slug)
    try:
        document = configurations.read_yaml(file.read_bytes()).root  # JSON is YAML, too
        done = conversions.convert(provider, document, slug, with_secrets=secrets is not None)
    except (Unreadable, Unconvertible) as error:
        line = f":{error.line}" if isinstance(error, Unreadable) else ""
        raise Failed(f"{file}{line}: {error}") from error
    if secrets is not None:
        _keep(done, secrets, beside=out)
    text = configurations.yaml_of(done.document)
    if out is None:
        sys.stdout.write(text)
    else:
        write_secret(out, text)
    _tell(done, as_json=as_json)


def _keep(done: Converted, secrets: Path, *, beside: Path | None) -> None:
    """Each in a file of its own, which the document names as seen from where it will be."""
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, secret in done.secrets.items():
        write_secret(secrets / name, secret)
    home = Path.cwd() if beside is None else beside.parent
    for service in done.document["tenants"][0]["services"]:
        said = service.get("oidc", {}).get("client_secret")
        if said is not None:
            said["file"] = os.path.relpath(secrets / said["file"], home)


def _tell(done: Converted, *, as_json: bool) -> None:
    said = [each._asdict() for each in done.omissions]
    if as_json:
        warn(json.dumps({"omissions": said}, ensure_ascii=False))
        return
    (tenant,) = done.document["tenants"]
    counts = f"{len(tenant['groups']):,} groups and {len(tenant['services']):,} services"
    warn(*(f"{each.where or '/'}: {each.what}: {each.why}" for each in done.omissions))
    warn(f"{counts} were converted; {len(said):,} things are to be looked at, above.")
