"""A process that issues what is due as soon as it is told to, and tells how many statements it were."""

from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.billing.conftest import issue_all
from tests.support import forking

from idp import audit
from idp.kit import clock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units


class Issuer:
    def __init__(self, url: str, master: Path, at: str) -> None:
        self._talk, theirs = Pipe()
        self.process: BaseProcess = forking.start(_issue, theirs, url, master, at)
        theirs.close()
        assert self._talk.recv() == "ready"

    def begin(self) -> None:
        self._talk.send("begin")

    def count(self) -> int:
        return int(self._talk.recv())

    def end(self) -> None:
        self.process.kill()
        self.process.join(forking.SLOWEST)
        self._talk.close()


def _issue(talk: Connection, url: str, master: Path, at: str) -> None:
    path = url.removeprefix("sqlite:///")
    database: Database = Postgres(url) if path == url else Sqlite(Path(path))
    keys = KeyStore(master)
    units = Units(database, clock=clock.from_setting(at), keys=keys, at_end=(audit.write_journal,))
    talk.send("ready")
    talk.recv()
    talk.send(issue_all(units))
    database.close()
