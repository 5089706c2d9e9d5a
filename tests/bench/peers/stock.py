"""The peers' servers and imported data, kept in one directory outside the repository.

::

    <home>/venv/           the peers' Python environment (set_up.sh)
    <home>/redis/          addok's data, one private redis server on a Unix socket
    <home>/pg/             names the private PostgreSQL cluster (the project's own `Cluster`)
    <home>/<scale>/        table, .osm, documents and Nominatim project of one gazetteer
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.knowledge import Feature, features, write_documents, write_osm, write_words

from service.store.cluster import Cluster

HERE = Path(__file__).resolve().parent
# A throw-away database with the memory a Nominatim of this size is advised to have.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "4GB",
}


def default_home() -> Path:
    """Return where the peers live: QINGTU_PEERS, else a cache directory of the user."""
    return Path(os.environ.get("QINGTU_PEERS", Path.home() / ".cache" / "qingtu-peers"))


@dataclass(frozen=True)
class Scale:
    """One gazetteer for everybody.

    Parameters
    ----------
    name
        Names its directory and databases.
    number
        Its place among addok's redis databases, 0 to 7; a scale pushes out another one of its number.
    kinds
        Kinds of features the peers get besides the records.
    """

    name: str
    number: int
    table: Path
    kinds: tuple[str, ...] = ("record", "road", "crossing", "number", "landmark")


class Stock:
    """The peers' home: what is imported and how to reach it."""

    def __init__(self, home: Path, districts: Path) -> None:
        self.home = home
        self._districts = districts
        if not self.program("python").exists():
            raise SystemExit(f"no peers in {home}: run tests/bench/peers/set_up.sh {home}")

    def program(self, name: str) -> Path:
        """Return a program of the peers' environment."""
        return self.home / "venv" / "bin" / name

    def folder(self, scale: Scale) -> Path:
        """Return a scale's directory."""
        path = self.home / scale.name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def servers(self) -> Iterator[None]:
        """Run redis and PostgreSQL for the while; both keep their data for the next time."""
        redis = self.home / "redis"
        redis.mkdir(exist_ok=True)
        self._redis = redis / "redis.sock"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self._redis, "--dir", redis, "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        try:
            with Cluster(self.home / "pg", purpose="peers", settings=_SETTINGS) as cluster:
                self._sockets = cluster.home.sockets
                while subprocess.run(self._cli("ping"), capture_output=True, check=False).stdout != b"PONG\n":
                    time.sleep(0.2)
                yield
        finally:
            server.terminate()
            server.wait()

    def _cli(self, *words: str) -> list[str]:
        return ["redis-cli", "-s", str(self._redis), *words]

    def _features(self, scale: Scale) -> Sequence[Feature]:
        return [one for one in features(scale.table) if one.kind in scale.kinds]

    # --- addok -----------------------------------------------------------------------------------

    def addok_environment(self, scale: Scale) -> dict[str, str]:
        """Return the environment in which addok knows a scale's data."""
        return {
            **os.environ,
            "PYTHONPATH": str(HERE),
            "ADDOK_CONFIG_MODULE": str(HERE / "addok_config.py"),
            "REDIS_SOCKET": str(self._redis),
            "REDIS_DB_INDEXES": str(2 * scale.number),
            "REDIS_DB_DOCUMENTS": str(2 * scale.number + 1),
            "PEER_WORDS": str(self.folder(scale) / "words.txt"),
        }

    def import_addok(self, scale: Scale) -> None:
        """Import a scale into addok, once."""
        done = self.home / "redis" / f"{scale.number}.scale"
        if done.exists() and done.read_text() == scale.name:
            return
        done.unlink(missing_ok=True)
        found, documents = self._features(scale), self.folder(scale) / "addok.ndjson"
        write_words(found, self.folder(scale) / "words.txt")
        write_documents(found, documents)
        environment = self.addok_environment(scale)
        subprocess.run([self.program("addok"), "reset", "--force"], env=environment, check=True)
        subprocess.run([self.program("addok"), "batch", documents], env=environment, check=True)
        subprocess.run(self._cli("save"), check=True)
        done.write_text(scale.name)

    # --- Nominatim -------------------------------------------------------------------------------

    def import_nominatim(self, scale: Scale) -> None:
        """Import a scale into Nominatim, once; about 100 places a second and core."""
        folder = self.folder(scale)
        done, project = folder / "nominatim.done", folder / "nominatim"
        began, database = time.perf_counter(), f"nominatim_{scale.name}"
        project.mkdir(exist_ok=True)
        shutil.copy(HERE / "icu_tokenizer.yaml", project)
        (project / ".env").write_text(
            f"NOMINATIM_DATABASE_DSN=pgsql:dbname={database};host={self._sockets};user=postgres\n"
            "NOMINATIM_DATABASE_WEBUSER=qingtu\nNOMINATIM_TOKENIZER_CONFIG=icu_tokenizer.yaml\n"
        )
        if done.exists():
            return
        found = self._features(scale)
        write_osm(found, self._districts, folder / "places.osm")
        login = ["-h", str(self._sockets), "-U", "postgres"]
        subprocess.run(["dropdb", *login, "--if-exists", database], check=True)
        words = ["import", "--offline", "--no-updates", "--osm-file", str(folder / "places.osm")]
        subprocess.run([self.program("nominatim"), *words], cwd=project, check=True)
        done.write_text(f"{len(found)} features in {time.perf_counter() - began:.0f} s\n")
