"""Tables of the custody store."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE unit(
        id INTEGER PRIMARY KEY,
        epc TEXT NOT NULL UNIQUE,
        partition INTEGER NOT NULL,
        number INTEGER NOT NULL,
        wake INTEGER NOT NULL,
        row BLOB NOT NULL
    ) STRICT;
    CREATE INDEX unit_wake ON unit(partition, wake) WHERE wake > 0;
    CREATE TABLE member(
        epc TEXT NOT NULL, event BLOB NOT NULL, children BLOB NOT NULL, PRIMARY KEY(epc, event)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE probe(
        epc TEXT NOT NULL, event BLOB NOT NULL, source TEXT NOT NULL, until INTEGER NOT NULL, entry BLOB NOT NULL,
        PRIMARY KEY(epc, event, source)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX probe_until ON probe(epc, until);
    CREATE TABLE segment(
        epc TEXT NOT NULL, start INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(epc, start)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE progress(
        partition INTEGER PRIMARY KEY,
        number INTEGER NOT NULL,
        head BLOB NOT NULL,
        source INTEGER NOT NULL,
        tick INTEGER NOT NULL,
        told INTEGER NOT NULL
    ) STRICT;
    """,
)
