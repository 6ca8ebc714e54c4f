"""A worker that sends webhooks, in a process of its own or in this one."""

from pathlib import Path

from idp import audit, main, settings
from idp.kit.clock import Clock
from idp.kit.egress import Allowed, Budget, Egress
from idp.kit.sealing import KeyStore
from idp.kit.units import Units
from idp.webhooks import Pump


def egress() -> Egress:
    """That reaches this machine, by http too."""
    return Egress(allowed=Allowed.read(["127.0.0.1"]), plain=True, budget=Budget(most=1_000, per_second=1_000))


def pump(units: Units, machine: Clock | None = None) -> Pump:
    return Pump(units, egress(), clock=machine)


def turn(url: str, master: str, instant: str) -> None:
    """One turn."""
    chosen = settings.load(database_url=url, master_key_file=Path(master), environment="test", clock=instant)
    database = main.open_database(chosen)
    made = main.open_units(chosen)
    units = Units(database, clock=made.clock, keys=KeyStore(Path(master)), at_end=[audit.write_journal])
    pump(units)()
