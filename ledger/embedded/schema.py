"""The tables of the embedded ledger.

`sum` columns are check sums: they show a row that was edited by hand or by a failing disk. Against a forger who computes
them again stand the trees, the checkpoints' signatures and `medtrace check`, which derives every row anew.
"""

from __future__ import annotations

import msgspec

from ledger.port import LedgerReceipt
from pedigree.seal import sm3

MIGRATIONS = (
    """
    -- World state, exactly what a peer holds. sum: SM3(key || value); all zeros: the row had been edited when it was rewritten.
    CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
    -- One committed batch. sum: SM3 of the encoded LedgerReceipt. tree: see ledger.tree.
    CREATE TABLE batch (
        generation INTEGER NOT NULL, partition INTEGER NOT NULL, idx INTEGER NOT NULL, record BLOB NOT NULL, root BLOB NOT NULL,
        committed_ms INTEGER NOT NULL, agreed INTEGER NOT NULL, sum BLOB NOT NULL, tree BLOB NOT NULL,
        PRIMARY KEY (generation, partition, idx)
    ) STRICT;
    CREATE TABLE dispute (
        generation INTEGER NOT NULL, partition INTEGER NOT NULL, batch INTEGER NOT NULL, unit BLOB NOT NULL, n INTEGER NOT NULL,
        word TEXT NOT NULL, PRIMARY KEY (generation, partition, batch, unit, n)
    ) STRICT, WITHOUT ROWID;
    -- The full nodes of a lane's tree.
    CREATE TABLE node (
        generation INTEGER NOT NULL, partition INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY (generation, partition, level, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE position (
        unit BLOB NOT NULL, n INTEGER NOT NULL, generation INTEGER NOT NULL, partition INTEGER NOT NULL, batch INTEGER NOT NULL,
        idx INTEGER NOT NULL, PRIMARY KEY (unit, n)
    ) STRICT, WITHOUT ROWID;
    -- One signature a row.
    CREATE TABLE checkpoint (
        generation INTEGER NOT NULL, partition INTEGER NOT NULL, time_ms INTEGER NOT NULL, key_id TEXT NOT NULL,
        origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, signer TEXT NOT NULL, signature BLOB NOT NULL,
        PRIMARY KEY (generation, partition, time_ms, key_id)
    ) STRICT, WITHOUT ROWID;
    -- The latest checkpoint of each key: it shows when the last row above was taken away or moved to another lane.
    CREATE TABLE signed (
        generation INTEGER NOT NULL, partition INTEGER NOT NULL, key_id TEXT NOT NULL, time_ms INTEGER NOT NULL,
        size INTEGER NOT NULL, PRIMARY KEY (generation, partition, key_id)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- How many checkpoints each key has signed: it shows when one between others was taken away. Only `medtrace check` looks at
    -- it: counting them takes too long for a page.
    CREATE TABLE signatures (
        generation INTEGER NOT NULL, partition INTEGER NOT NULL, key_id TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (generation, partition, key_id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO signatures SELECT generation, partition, key_id, count(*) FROM checkpoint GROUP BY 1, 2, 3;
    """,
)

BROKEN = bytes(32)
"""The sum of a row that had been edited when it was next written: the alarm stays."""


def state_sum(key: str, value: bytes) -> bytes:
    return sm3(key.encode() + value)


def batch_sum(receipt: LedgerReceipt) -> bytes:
    return sm3(msgspec.msgpack.encode(receipt))
