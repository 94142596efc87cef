"""Exports a catalogue to a table of PostgreSQL with PostGIS, in one transaction.

By psycopg: the GDAL in rasterio's wheels has no PostgreSQL driver (docs/metadata-out.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import shapely

from engine.catalogue.columns import COLUMNS, Column, Row
from engine.catalogue.places import polygons, text_of
from engine.errors import EarthLocError, OutputError, UsageError

_TYPES = {"text": "text", "number": "double precision", "whole": "bigint"}
_MARK = "EarthLoc catalogue"  # comment of the tables that are ours
_TIMEOUT_S = 15
_PASSWORD = re.compile(r"(password\s*=\s*)('[^']*'|\S+)|(://[^:/@\s]*:)[^@\s]*@", re.IGNORECASE)


def to_postgis(rows: Iterable[Row], connection: str, table: str) -> int:
    """Adds the rows to a table, which is made when missing; a row replaces that of the same photo. Returns how many.

    Args:
        rows: of a catalogue.
        connection: as libpq takes it: `service=NAME`, `host=... dbname=...` or `postgresql://...`. The password comes
            from PGPASSWORD or ~/.pgpass; it is never printed.
        table: TABLE or SCHEMA.TABLE.

    Raises:
        OutputError: no connection, no PostGIS, no permission, a table that is not ours; nothing is changed then.
        UsageError: psycopg is not installed, or the connection or the table's name cannot be understood.
    """
    psycopg = _psycopg()
    schema, _, name = table.rpartition(".")
    if not name or "\0" in table or "." in schema:
        raise UsageError(None, f"{table!r} is no name of a table", "give TABLE or SCHEMA.TABLE")
    where = _without_password(connection)
    try:
        with psycopg.connect(connection, connect_timeout=_TIMEOUT_S, application_name="earthloc") as con:
            return _write(psycopg.sql, con, rows, schema, name, where)
    except EarthLocError:
        raise
    except psycopg.ProgrammingError as error:
        if error.sqlstate is None:  # libpq does not understand the connection
            hint = "give it as service=NAME, host=HOST dbname=NAME or postgresql://HOST/NAME"
            raise UsageError(None, f"the connection {where!r} cannot be understood", hint) from None
        raise _refusal(where, table, error) from None
    except psycopg.Error as error:
        raise _refusal(where, table, error) from None


def _write(sql: Any, con: Any, rows: Iterable[Row], schema: str, name: str, where: str) -> int:
    target = sql.Identifier(schema, name) if schema else sql.Identifier(name)
    columns = [column.name for column in COLUMNS]
    names = sql.SQL(", ").join(map(sql.Identifier, [*columns, "geometry"]))
    with con.cursor() as cursor:
        if cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone() is None:
            hint = "let an administrator run CREATE EXTENSION postgis in it"
            raise OutputError(where, "the database has no PostGIS", hint)
        _ensure_table(sql, cursor, target, name, where)
        # Rows are collected first, because COPY itself cannot replace rows.
        fields = sql.SQL(", ").join(_field(sql, column) for column in COLUMNS)
        statement = "CREATE TEMPORARY TABLE earthloc_new ({}, geometry bytea) ON COMMIT DROP"
        cursor.execute(sql.SQL(statement).format(fields))
        count = 0
        with cursor.copy(sql.SQL("COPY earthloc_new ({}) FROM STDIN").format(names)) as copy:
            for row in rows:
                footprint = polygons(row)
                wkb = None if footprint is None else shapely.to_wkb(footprint, byte_order=1)
                copy.write_row([*(text_of(row.get(column)) for column in columns), wkb])
                count += 1
        changes = sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in [*columns[1:], "geometry"]
        )
        values = sql.SQL(", ").join([*map(sql.Identifier, columns), sql.SQL("ST_GeomFromWKB(geometry, 4326)")])
        cursor.execute(
            sql.SQL(
                "INSERT INTO {} ({}) SELECT DISTINCT ON (photo) {} FROM earthloc_new"
                " ON CONFLICT (photo) DO UPDATE SET {}"
            ).format(target, names, values, changes)
        )
        return count


def _ensure_table(sql: Any, cursor: Any, target: Any, name: str, where: str) -> None:
    """Makes the table, or adds the columns that one of ours lacks."""
    (oid,) = cursor.execute("SELECT to_regclass(%s)::text", [target.as_string(cursor)]).fetchone()
    if oid is None:
        fields = sql.SQL(", ").join(_field(sql, column) for column in COLUMNS)
        statement = "CREATE TABLE {} ({}, geometry geometry(MultiPolygon, 4326), PRIMARY KEY (photo))"
        cursor.execute(sql.SQL(statement).format(target, fields))
        cursor.execute(sql.SQL("CREATE INDEX ON {} USING gist (geometry)").format(target))
        cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(target, sql.Literal(_MARK)))
        return
    (comment,) = cursor.execute("SELECT obj_description(%s::regclass, 'pg_class')", [oid]).fetchone()
    if comment != _MARK:
        raise OutputError(where, f"it has a table {name} that EarthLoc did not make", "choose another one with --table")
    for column in COLUMNS:
        cursor.execute(sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {}").format(target, _field(sql, column)))


def _field(sql: Any, column: Column) -> Any:
    return sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(_TYPES[column.kind]))


def _refusal(where: str, table: str, error: Any) -> OutputError:
    """What the database or libpq complains about, in one sentence and without a password."""
    state = error.sqlstate or ""
    reason = _without_password((str(error) or type(error).__name__).splitlines()[0][:200].rstrip(" .:"))
    if state == "42501":
        return OutputError(
            where, f"you may not write the table {table}", "ask its owner for permission, or choose another"
        )
    if state == "3F000":
        return OutputError(where, f"there is no schema for {table}", "create it first, or leave it out of --table")
    if state.startswith("28") or "authentication failed" in reason or "no password supplied" in reason:
        hint = "set PGPASSWORD or ~/.pgpass, and check the name of the user"
        return OutputError(where, "the database does not let you in", hint)
    if state == "3D000" or re.search(r'database ".*" does not exist', str(error)):
        return OutputError(where, "there is no such database", "create it, or check dbname")
    if state.startswith(("08", "57")) or not state:
        hint = "check that PostgreSQL runs there and can be reached"
        return OutputError(where, f"no connection to the database ({reason})", hint)
    return OutputError(
        where, f"the table {table} could not be written ({reason})", "nothing was changed; see the reason"
    )


def _without_password(text: str) -> str:
    return _PASSWORD.sub(lambda match: f"{match[1] or match[3]}***{'@' if match[3] else ''}", text)


def _psycopg() -> Any:
    try:
        import psycopg
        import psycopg.sql
    except ImportError as error:
        raise UsageError(
            None, "PostGIS needs the package psycopg", "install it with `pip install earthloc[postgis]`"
        ) from error
    return psycopg
