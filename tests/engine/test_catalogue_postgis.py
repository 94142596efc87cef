"""`earthloc catalogue export --to postgis`, on a PostgreSQL with PostGIS that the test starts for itself."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue import places
from tests.engine.catalogue_kit import ROWS, catalogue, export, row, run

psycopg = pytest.importorskip("psycopg")

PASSWORD = "correct-horse"  # pragma: allowlist secret
USER = "earthloc"


class Server:
    """A cluster in a folder of its own that listens on a Unix socket there."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self._binaries = binaries
        self._user = "postgres" if os.getuid() == 0 else None  # initdb refuses root
        if self._user:
            shutil.chown(folder, self._user)
        (folder / "password").write_text(PASSWORD)
        os.chmod(folder / "password", 0o644)
        self._call(
            "initdb", "-D", f"{folder}/data", "-U", USER, "-A", "scram-sha-256", "--pwfile", f"{folder}/password"
        )

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._call("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w", "-o", options, "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def dsn(self, database: str = "photos") -> str:
        return f"host={self.folder} user={USER} dbname={database}"

    def query(self, statement: str, database: str = "photos") -> list[Any]:
        with psycopg.connect(self.dsn(database), password=PASSWORD, autocommit=True) as con:
            found = con.execute(statement)
            return found.fetchall() if found.description else []

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        # The server inherits no pipe, which would never be closed.
        with open(os.devnull, "w") as nothing:
            subprocess.run(
                command, user=self._user, group=self._user, cwd=self.folder, check=True, timeout=120,
                stdout=nothing, stderr=nothing, env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb") or ""]
    extensions = glob.glob("/usr/share/postgresql/*/extension/postgis.control")
    if not found[-1] or not extensions:
        pytest.skip("no PostgreSQL with PostGIS (Debian: postgresql postgresql-15-postgis-3)")
    folder = Path(tempfile.mkdtemp(prefix="earthloc-pg-"))  # short: the path of a Unix socket has at most 107 bytes
    made = Server(folder, Path(found[-1]).parent)
    try:
        made.start()
        for name in ("photos", "bare"):
            made.query(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'", "postgres")
        made.query("CREATE EXTENSION postgis")
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


@pytest.fixture
def password(monkeypatch: Any) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.mark.usefixtures("password")
def test_rows_and_footprints_arrive(server: Server, tmp_path: Path, capsys: Any) -> None:
    said = export(capsys, catalogue(tmp_path / "in"), "--to", "postgis", "--out", server.dsn())
    assert (said["photos"], said["written"]) == (5, 5)
    found = dict(server.query("SELECT photo, geometry IS NULL FROM earthloc_footprints"))
    assert found == {row["photo"]: row["geometry"] is None for row in ROWS}
    near = "ST_Contains(geometry, ST_SetSRID(ST_Point(44.1, 36.5), 4326))"
    assert server.query(f"SELECT photo, inliers, confidence FROM earthloc_footprints WHERE {near}") == [
        ("sea/Übung № 1.jpg", 41, 0.9994)
    ]
    assert server.query("SELECT DISTINCT ST_IsValid(geometry) FROM earthloc_footprints WHERE geometry NOTNULL") == [
        (True,)
    ]
    assert server.query("SELECT type, srid FROM geometry_columns") == [("MULTIPOLYGON", 4326)]
    try:
        connection = f"PG:{server.dsn()}"
        done = subprocess.run(["ogrinfo", "-so", connection, "earthloc_footprints"], capture_output=True, text=True)
    except FileNotFoundError:
        return
    assert "Feature Count: 5" in done.stdout


@pytest.mark.usefixtures("password")
def test_a_second_export_replaces_rows(server: Server, tmp_path: Path, capsys: Any) -> None:
    to = ("--to", "postgis", "--out", server.dsn(), "--table", 'public.Mixed "Name"')
    export(capsys, catalogue(tmp_path / "a", [row("a.jpg"), row("b.jpg", "uncertain")]), *to)
    export(capsys, catalogue(tmp_path / "b", [row("b.jpg", lat=5.0), row("c.jpg")]), *to)
    statement = 'SELECT photo, status, center_lat FROM "Mixed ""Name""" ORDER BY photo'
    assert server.query(statement) == [
        ("a.jpg", "located", 36.5),
        ("b.jpg", "located", 5.0),
        ("c.jpg", "located", 36.5),
    ]


@pytest.mark.usefixtures("password")
def test_a_table_of_an_older_version_gets_its_columns(server: Server, tmp_path: Path, capsys: Any) -> None:
    to = ("--to", "postgis", "--out", server.dsn(), "--table", "older")
    export(capsys, catalogue(tmp_path / "in"), *to)
    server.query("ALTER TABLE older DROP COLUMN cloud_percent")
    export(capsys, catalogue(tmp_path / "in"), *to)
    assert server.query("SELECT max(cloud_percent) FROM older") == [(12.4,)]


@pytest.mark.usefixtures("password")
def test_a_damaged_catalogue_changes_nothing(server: Server, tmp_path: Path, capsys: Any) -> None:
    folder = catalogue(tmp_path / "in", [row("a.jpg")])
    (folder / "z.parquet").write_bytes(b"PAR1 not really")
    code, _, errors = run(capsys, "export", folder, "--to", "postgis", "--out", server.dsn(), "--table", "torn")
    assert code == 3
    assert "z.parquet" in errors
    assert server.query("SELECT to_regclass('torn')") == [(None,)]


@pytest.mark.usefixtures("password")
def test_a_server_that_goes_away_loses_nothing(server: Server, tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    to = ("--to", "postgis", "--out", server.dsn(), "--table", "kept")
    export(capsys, catalogue(tmp_path / "a", [row("a.jpg"), row("b.jpg", "by_pass", ellipse_major_km=40.0)]), *to)
    changed = catalogue(tmp_path / "b", [row(f"{n}.jpg", "uncertain") for n in "abcd"])

    def lost(place: Any) -> Any:
        if place["photo"] == "c.jpg":  # in the midst of the rows
            server.stop()
        return places.polygons(place)

    with monkeypatch.context() as patched:
        patched.setattr("engine.catalogue.postgis.polygons", lost)
        for _ in "during", "before":
            code, said, errors = run(capsys, "export", changed, *to)
            assert (code, said, errors.count("\n")) == (5, "", 1), errors
            assert "no connection" in errors
            patched.undo()
    server.start()
    kept = server.query("SELECT photo, status, ellipse_major_km FROM kept ORDER BY photo")
    assert kept == [("a.jpg", "located", None), ("b.jpg", "by_pass", 40.0)]
    export(capsys, changed, *to)
    assert server.query("SELECT count(*) FROM kept WHERE status = 'uncertain'") == [(4,)]


@pytest.mark.usefixtures("password")
def test_refusals_are_one_sentence(server: Server, tmp_path: Path, capsys: Any) -> None:
    server.query("CREATE TABLE theirs (photo text)")
    folder = catalogue(tmp_path / "in")

    def refused(out: str, code: int, *more: str) -> str:
        found, said, errors = run(capsys, "export", folder, "--to", "postgis", "--out", out, *more)
        assert (found, said, errors.count("\n")) == (code, "", 1), errors
        assert "bug" not in errors
        return errors

    assert "CREATE EXTENSION postgis" in refused(server.dsn("bare"), 5)
    assert "--table" in refused(server.dsn(), 5, "--table", "theirs")
    assert server.query("SELECT count(*) FROM theirs") == [(0,)]
    assert "schema" in refused(server.dsn(), 5, "--table", "nowhere.x")
    assert "database" in refused(server.dsn("missing"), 5)
    assert "runs there" in refused(f"host={tmp_path} dbname=photos", 5)
    assert "understood" in refused("nonsense", 2)
    assert "pg_service.conf" in refused("service=earthloc-none", 5)
    assert "TABLE" in refused(server.dsn(), 2, "--table", "a.b.c")


def test_a_password_is_never_shown(server: Server, tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = catalogue(tmp_path / "in")
    secret = "Tr0ub4dor"  # pragma: allowlist secret
    given = [
        server.dsn(),
        f"{server.dsn()} password={secret}",
        f"{server.dsn()} password = '{secret} and more'",
        f"postgresql://{USER}:{secret}@/photos?host={server.folder}",
        f"postgresql://{USER}@/photos?host={server.folder}&password={secret}",
        f"postgresql://{USER}:{secret}@nowhere.invalid:1/photos",
        f"host=x password={secret} nonsense",
    ]
    for out in given:
        code, said, errors = run(capsys, "export", folder, "--to", "postgis", "--out", out)
        assert code in (2, 5)
        assert secret not in said + errors
    code, said, errors = run(
        capsys, "export", folder, "--to", "postgis", "--out", given[1].replace(secret, PASSWORD), "--json"
    )
    assert (code, PASSWORD in said + errors) == (0, False)


def test_without_psycopg_it_says_what_to_install(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    code, _, errors = run(capsys, "export", catalogue(tmp_path / "in"), "--to", "postgis", "--out", "dbname=x")
    assert code == 2
    assert "earthloc[postgis]" in errors
