"""A PostgreSQL cluster of the run's own, durable like a real one (fsync is on), reachable on loopback with a password.

The product connects as `idp`, which is no superuser: a superuser would walk through row-level security.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

# Databases that are emptied over and over again would have autovacuum come in the middle of a test.
_SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = 64MB
logging_collector = off
autovacuum = off
"""


@dataclass(frozen=True)
class Cluster:
    port: int
    password: str
    names: Iterator[str]

    def url(self, database: str) -> str:
        return f"postgresql://idp:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, *, template: str = "template1", name: str = "") -> str:
        """Makes a database owned by `idp` and returns its name. A template must have no connection open."""
        name = name or next(self.names)
        self._run(sql.SQL("CREATE DATABASE {} OWNER idp TEMPLATE {}"), name, template)
        return name

    def drop(self, database: str) -> None:
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)"), database)

    def superuser(self, database: str = "postgres", *, autocommit: bool = False) -> psycopg.Connection:
        url = f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"
        return psycopg.connect(url, autocommit=autocommit)

    def run_as_superuser(self, statement: sql.Composed) -> None:
        with self.superuser(autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, statement: sql.SQL, *names: str) -> None:
        self.run_as_superuser(statement.format(*map(sql.Identifier, names)))


def join(home: Path, *, member: str) -> Cluster:
    """The cluster in `home`, made and started by whoever asks first. `member` keeps workers' database names apart."""
    with locked(home / "cluster.lock"):
        port_file = home / "port"
        if not port_file.exists():
            _initialise(home)
            port_file.write_text(str(_start(home)))
            _add_role(home)
    names = (f"t_{member}_{number}" for number in count(1))
    return Cluster(int(port_file.read_text()), (home / "password").read_text(), names)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among the run's processes."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _program(name: str) -> list[str]:
    """The command for one of PostgreSQL's programs: newest version installed, and not as root, which they refuse."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    path = str(versions[-1]) if versions else shutil.which(name)
    assert path is not None, f"{name} is not installed: deploy/setup.sh test installs it"
    return ["runuser", "-u", "postgres", "--", path] if os.geteuid() == 0 else [path]


def _initialise(home: Path) -> None:
    password = home / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (home, password):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    options = ["--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    _check([*_program("initdb"), f"--pgdata={home / 'data'}", "--username=postgres", *options], home)
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write(f"{_SETTINGS}unix_socket_directories = '{home}'\n")


def _start(home: Path, *, tries: int = 5) -> int:
    """Starts the server and returns its port. Somebody may take a free port before we do, so try again."""
    for remaining in reversed(range(tries)):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        options = ["start", "--wait", "--timeout=30", f"--options=-p {port}", f"--log={home / 'data' / 'log'}"]
        try:
            _check([*_program("pg_ctl"), f"--pgdata={home / 'data'}", *options], home)
        except AssertionError:
            if not remaining:
                raise
        else:
            return port
    raise AssertionError


def _add_role(home: Path) -> None:
    cluster = Cluster(int((home / "port").read_text()), (home / "password").read_text(), iter(()))
    role = sql.SQL("CREATE ROLE idp LOGIN PASSWORD {}").format(sql.Literal(cluster.password))
    cluster.run_as_superuser(role)
    # An operator whose login may not make roles has this one made beforehand: it is what transactions run as.
    cluster.run_as_superuser(sql.SQL("CREATE ROLE warifu_tenant NOLOGIN"))
    cluster.run_as_superuser(sql.SQL("GRANT warifu_tenant TO idp"))


def _check(command: list[str], home: Path) -> None:
    # Output goes to a file: the server inherits it, and a pipe would stay open as long as it runs.
    log = home / "commands.log"
    with log.open("ab") as file:
        done = subprocess.run(command, cwd=home, stdout=file, stderr=file, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"{command} failed:\n{log.read_text()}"
