"""What the index of a channel keeps beside the embedded ledger's tables: the chain of blocks, and who did what in them."""

from __future__ import annotations

from ledger.embedded.schema import MIGRATIONS as EMBEDDED

MIGRATIONS = (
    *EMBEDDED,
    """
    -- codes: one validity byte a transaction, as the own peer judged. signers: orderer organisations, comma-separated.
    CREATE TABLE block (
        number INTEGER PRIMARY KEY, hash BLOB NOT NULL, previous BLOB NOT NULL, data_hash BLOB NOT NULL, codes BLOB NOT NULL,
        signers TEXT NOT NULL
    ) STRICT;
    -- Configuration blocks, whole: the orderers who may sign from the next block on.
    CREATE TABLE config (number INTEGER PRIMARY KEY, block BLOB NOT NULL) STRICT;
    -- lane, batch: of valid commits. endorsers: organisations, comma-separated.
    CREATE TABLE tx (
        block INTEGER NOT NULL, idx INTEGER NOT NULL, id TEXT NOT NULL, code INTEGER NOT NULL, time_ms INTEGER NOT NULL,
        member TEXT NOT NULL, function TEXT NOT NULL, endorsers TEXT NOT NULL,
        generation INTEGER, partition INTEGER, batch INTEGER,
        PRIMARY KEY (block, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tx_id ON tx (id);
    CREATE INDEX tx_batch ON tx (generation, partition, batch) WHERE batch IS NOT NULL;
    CREATE TABLE party (party TEXT NOT NULL, revision INTEGER NOT NULL, record BLOB NOT NULL, block INTEGER NOT NULL,
        PRIMARY KEY (party, revision)) STRICT, WITHOUT ROWID;
    """,
    # How far the transaction's own time is from the record time of the batch's entry that is farthest away; NULL: not known.
    "ALTER TABLE tx ADD COLUMN apart_ms INTEGER",
)
