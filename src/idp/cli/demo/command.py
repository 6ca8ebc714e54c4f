"""`idp demo`."""

import signal
import socket
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from idp import main
from idp.cli import background
from idp.cli.demo import furnishing, sample, telling
from idp.cli.demo.home import Home, moved_in
from idp.cli.demo.people import AOBA
from idp.cli.demo.progress import Progress
from idp.cli.demo.sample import Samples
from idp.cli.demo.seeding import Amounts, seed
from idp.cli.installing import bring_to_head
from idp.cli.saying import write_secret
from idp.cli.serving import supervised
from idp.cli.supervisor import listen
from idp.web import logs

_KEY_FILE = "operator.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    port: int
    data_dir: Path | None
    workers: int | None
    api_key_file: Path | None
    seed_size: int
    seed_tenants: int
    seed_services: int
    config: Path | None


def demonstrate(wishes: Wishes) -> int:
    """The exit status, once told to stop."""
    signal.signal(signal.SIGTERM, _leave)
    with moved_in(wishes.config, port=wishes.port, data_dir=wishes.data_dir, workers=wishes.workers) as home:
        logs.configure(home.settings.log_level)
        server = supervised(
            home.settings, config=home.config, overrides=home.overrides, host_and_port=("localhost", wishes.port)
        )
        beside = Samples(_listen_beside(wishes.port + 1), _listen_beside(wishes.port + 2))
        origins = Samples(*(f"http://localhost:{each[0].getsockname()[1]}" for each in beside))
        key_file = wishes.api_key_file or home.directory / _KEY_FILE
        descriptions = _prepare(home, wishes, origins=origins, key_file=key_file)
        with ExitStack() as beside_us:
            if descriptions is not None:
                server.take_along(beside_us.enter_context(sample.running(descriptions, beside)))
            server.take_along(beside_us.enter_context(background.running(home.config, home.overrides)))
            told = telling.Told(home, samples=origins if descriptions else None, key_file=key_file)
            threading.Thread(target=telling.tell_when_ready, args=(told,), daemon=True).start()
            return server.run()


def _prepare(home: Home, wishes: Wishes, *, origins: Samples, key_file: Path) -> Samples | None:
    bring_to_head(home.settings)
    with main.opened(home.settings) as units:
        furnishing.furnish(units, further_ids=0 if wishes.seed_tenants else wishes.seed_size)
        seed(units, Amounts(wishes.seed_tenants, wishes.seed_size, wishes.seed_services), Progress())
        descriptions = sample.register(units, home, AOBA.slug, origins=origins)
        known = key_file.read_text("utf-8").strip() if key_file.is_file() else ""
        write_secret(key_file, furnishing.operator_key(units, known))
    return descriptions


def _listen_beside(port: int) -> list[socket.socket]:
    """That port for a sample, or any other when somebody has it."""
    try:
        return listen("localhost", port)
    except OSError:
        return listen("localhost", 0)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """While it is being prepared: what was temporary is removed on the way out."""
    sys.exit(0)
