"""One worker process of `idp serve` or `idp demo`: `python -m idp.cli.worker CONFIG OVERRIDES`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

DRAIN_SECONDS = 3.0  # SIGTERM ends everything within five seconds


def arguments(config: Path | None, overrides: Mapping[str, str]) -> list[str]:
    return [str(config or ""), json.dumps(dict(overrides))]


def main(config: str, overrides: str) -> None:
    sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would load it, for colours that no worker shows
    from idp import settings
    from idp.cli.leaving import leave
    from idp.main import build
    from idp.web import logs
    from idp.web.serving import run_worker

    chosen = settings.load(Path(config) if config else None, **json.loads(overrides))
    logs.configure(chosen.log_level)
    run_worker(build(chosen), drain_seconds=DRAIN_SECONDS)
    leave(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
