"""Where the demonstration lives: its settings, its directory, and the mark that a directory is one of ours."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import inspect

from idp import migrate, settings
from idp.cli.failing import Failed
from idp.cli.saying import write_secret
from idp.settings import DEMONSTRATION, Environment, Settings

_FALLBACK = {"environment": Environment.DEVELOPMENT, "log_level": "warning"}


class Home(NamedTuple):
    """`overrides` are what a worker must be told to find the same settings."""

    settings: Settings
    overrides: dict[str, str]
    config: Path | None
    lasting: bool

    @property
    def directory(self) -> Path:
        return self.settings.data_dir

    def sample(self, slug: str) -> Path:
        return self.directory / DEMONSTRATION / f"{slug}.json"


@contextmanager
def moved_in(config: Path | None, *, port: int, data_dir: Path | None, workers: int | None) -> Iterator[Home]:
    """The settings, with an empty or continued directory; one that nobody asked to keep is removed afterwards."""
    wanted: dict[str, Any] = {"base_url": f"http://localhost:{port}", "bind": f"localhost:{port}"}
    if workers is not None:
        wanted["workers"] = workers
    if data_dir is not None:
        wanted["data_dir"] = data_dir.absolute()
    chosen = _load(config, wanted)
    if "data_dir" in chosen.model_fields_set:
        yield _home(config, chosen, wanted, lasting=True)
        return
    temporary = Path(tempfile.mkdtemp(prefix="warifu-demo-"))
    try:
        wanted["data_dir"] = temporary
        yield _home(config, _load(config, wanted), wanted, lasting=False)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _load(config: Path | None, wanted: dict[str, Any]) -> Settings:
    return settings.load(config, fallback=_FALLBACK, **wanted)


def _home(config: Path | None, chosen: Settings, wanted: dict[str, Any], *, lasting: bool) -> Home:
    wanted = {**wanted, "environment": chosen.environment.value, "log_level": chosen.log_level}
    home = Home(chosen, {name: str(value) for name, value in wanted.items()}, config, lasting)
    mark = home.directory / DEMONSTRATION
    if not mark.is_dir():
        _refuse_inhabited(chosen)
        home.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.mkdir(mode=0o700)
    write_secret(mark / "settings.json", settings.to_text(chosen))  # for commands beside it
    return home


def _refuse_inhabited(chosen: Settings) -> None:
    """Known passwords have no business among somebody's data."""
    file = chosen.sqlite_file
    if file is not None:
        inhabited = file.exists()
    else:
        with migrate.connect(chosen) as connection:
            inhabited = bool(inspect(connection).get_table_names())
    if inhabited:
        where = f"{file} exists" if file else "the database of IDP_DATABASE_URL has tables"
        raise Failed(f"{where} and was not made by idp demo: the demonstration wants an empty place")
