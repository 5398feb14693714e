"""A PostgreSQL server of the test run's own: private, on a free port, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = Path("/usr/lib/postgresql")
MISSING = "PostgreSQL is not installed: `apt-get install postgresql` (or put its `initdb` on PATH)"


class Server:
    """A running server; `database` makes an empty database and gives its URL."""

    def __init__(self, port: int, binaries: Path, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self._binaries = binaries
        self._data = folder / "data"
        self._log = folder / "log"
        self._numbers = count()

    def database(self) -> str:
        name = f"state{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://flowc:secret@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        said = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories= "
        self._pg_ctl("start", "-o", said + "-c fsync=off -c max_connections=200", "-l", self._log)

    def stop(self, mode: str = "immediate") -> None:
        self._pg_ctl("stop", "-m", mode)

    def _pg_ctl(self, *said: str | Path) -> None:
        run(self._binaries / "pg_ctl", "-D", self._data, "-w", "-t", "60", *said)


def run(*command: str | Path) -> None:
    """Run as somebody whom PostgreSQL obeys: it refuses root."""
    user = None
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres").pw_name
    done = subprocess.run(
        command,
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server inherits it
        stderr=subprocess.PIPE if "start" not in command else subprocess.DEVNULL,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"


def binaries() -> Path:
    """Where the newest PostgreSQL of this machine keeps its programs. Fails if there is none."""
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    assert found is not None, MISSING
    return Path(found).resolve().parent


@contextmanager
def server() -> Iterator[Server]:
    """A server that runs until the end of the block, or of this process, however it ends."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="flowc-postgres-"))
    with _undertaker(folder):
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        password = folder / "password"
        password.write_text("secret")
        password.chmod(0o644)
        run(
            programs / "initdb",
            *("-D", folder / "data", "-U", "flowc", "-A", "scram-sha-256", "--no-sync"),
            *("--pwfile", password, "-E", "UTF8", "--locale=C"),
        )
        made = Server(_free_port(), programs, folder)
        made.start()
        yield made


@contextmanager
def _undertaker(folder: Path) -> Iterator[None]:
    """A process that outlives this one: when the pipe to it closes, which no way to die can
    prevent, it stops the server in the folder and takes the folder away."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres", folder],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield


def _bury(folder: Path) -> None:
    sys.stdin.buffer.read()
    if (folder / "data" / "postmaster.pid").exists():
        with contextlib.suppress(AssertionError):  # it was stopped, or had died
            run(binaries() / "pg_ctl", "-D", folder / "data", "-w", "stop", "-m", "immediate")
    shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


if __name__ == "__main__":
    _bury(Path(sys.argv[1]))
