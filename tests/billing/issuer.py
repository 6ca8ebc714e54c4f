"""A process that issues what is due: `python -m tests.billing.issuer URL MASTER_KEY INSTANT`."""

import sys
from pathlib import Path

from tests.billing.conftest import issue_all

from idp import audit
from idp.kit import clock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units


def main(url: str, master: str, at: str) -> None:
    path = url.removeprefix("sqlite:///")
    database: Database = Postgres(url) if path == url else Sqlite(Path(path))
    keys = KeyStore(Path(master))
    units = Units(database, clock=clock.from_setting(at), keys=keys, at_end=(audit.write_journal,))
    print("ready", flush=True)
    sys.stdin.readline()
    print(issue_all(units), flush=True)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
