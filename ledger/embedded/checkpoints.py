"""Checkpoints as rows, one signature each; those over the same body are one checkpoint."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from pedigree.errors import LedgerError
from pedigree.proof import Checkpoint, CheckpointSignature

_COLUMNS = "origin, generation, partition, size, root, time_ms, signer, key_id, signature"
Row = tuple[str, int, int, int, bytes, int, str, str, bytes]


def latest(connection: sqlite3.Connection, generation: int, partition: int, signer: str, signers: int) -> Checkpoint | None:
    """The newest time that `signer`, if one is named, and at least `signers` organisations have signed for."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM checkpoint WHERE generation = ?1 AND partition = ?2 AND time_ms ="
        " (SELECT time_ms FROM checkpoint WHERE generation = ?1 AND partition = ?2 AND (?3 = '' OR signer = ?3)"
        "  GROUP BY time_ms HAVING ?4 < 2 OR count(DISTINCT signer) >= ?4 ORDER BY time_ms DESC LIMIT 1)",
        (generation, partition, signer, signers),
    ).fetchall()
    return max(_gather(rows), key=lambda checkpoint: len(checkpoint.signatures), default=None)


def page(connection: sqlite3.Connection, generation: int, partition: int, after_ms: int, limit: int) -> list[Checkpoint]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM checkpoint WHERE generation = ?1 AND partition = ?2 AND time_ms IN"
        " (SELECT DISTINCT time_ms FROM checkpoint WHERE generation = ?1 AND partition = ?2 AND time_ms > ?3"
        "  ORDER BY time_ms LIMIT ?4) ORDER BY time_ms",
        (generation, partition, after_ms, limit),
    ).fetchall()
    return _gather(rows)


def add(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Inside a transaction. LedgerError: this key has signed another body for that time, or a later checkpoint."""
    root = bytes.fromhex(checkpoint.root)
    for entry in checkpoint.signatures:
        last = connection.execute(
            "SELECT time_ms, size FROM signed WHERE generation = ? AND partition = ? AND key_id = ?",
            (*checkpoint.lane, entry.key_id),
        ).fetchone()
        body = (checkpoint.origin, *checkpoint.lane, checkpoint.size, root, checkpoint.time_ms)
        kept = connection.execute(
            "SELECT origin, generation, partition, size, root, time_ms FROM checkpoint"
            " WHERE generation = ? AND partition = ? AND time_ms = ? AND key_id = ?",
            (*checkpoint.lane, checkpoint.time_ms, entry.key_id),
        ).fetchone()
        if kept == body:
            continue
        if kept is not None or (last is not None and (last[0] >= checkpoint.time_ms or last[1] > checkpoint.size)):
            lane = f"{checkpoint.generation}/{checkpoint.partition}"
            raise LedgerError(f"{entry.signer} has already signed another checkpoint of lane {lane}")
        connection.execute(
            f"INSERT INTO checkpoint ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*body, entry.signer, entry.key_id, bytes.fromhex(entry.signature)),
        )
        connection.execute(
            "INSERT INTO signed VALUES (?, ?, ?, ?, ?) ON CONFLICT (generation, partition, key_id)"
            " DO UPDATE SET time_ms = excluded.time_ms, size = excluded.size",
            (*checkpoint.lane, entry.key_id, checkpoint.time_ms, checkpoint.size),
        )
        connection.execute(
            "INSERT INTO signatures VALUES (?, ?, ?, 1)"
            " ON CONFLICT (generation, partition, key_id) DO UPDATE SET count = count + 1",
            (*checkpoint.lane, entry.key_id),
        )


def miscounted(connection: sqlite3.Connection) -> list[tuple[int, int, str]]:
    """(generation, partition, key) of which there are more or fewer checkpoints than the key has signed."""
    kept = connection.execute("SELECT generation, partition, key_id, count(*) FROM checkpoint GROUP BY 1, 2, 3").fetchall()
    known = connection.execute("SELECT generation, partition, key_id, count FROM signatures").fetchall()
    return sorted({row[:3] for row in set(kept) ^ set(known)})


def pointers(connection: sqlite3.Connection, generation: int, partition: int) -> list[str]:
    """Keys whose last signature is not the one that they are known to have given last."""
    lane = generation, partition
    signed = {
        key_id: (time_ms, size)
        for key_id, time_ms, size in connection.execute(
            "SELECT key_id, time_ms, size FROM signed WHERE generation = ? AND partition = ?", lane
        )
    }
    found = []
    for key_id, (time_ms, size) in signed.items():
        row = connection.execute(
            "SELECT size FROM checkpoint WHERE generation = ? AND partition = ? AND time_ms = ? AND key_id = ?",
            (*lane, time_ms, key_id),
        ).fetchone()
        if row is None or row[0] != size:
            found.append(key_id)
    for key_id, time_ms in connection.execute(
        "SELECT key_id, time_ms FROM checkpoint WHERE generation = ?1 AND partition = ?2 AND time_ms ="
        " (SELECT time_ms FROM checkpoint WHERE generation = ?1 AND partition = ?2 ORDER BY time_ms DESC LIMIT 1)",
        lane,
    ):
        if key_id not in found and signed.get(key_id, (-1, 0))[0] != time_ms:
            found.append(key_id)
    return found


def _gather(rows: Iterable[Row]) -> list[Checkpoint]:
    found: dict[tuple[object, ...], Checkpoint] = {}
    for row in rows:
        body, (signer, key_id, signature) = row[:6], row[6:]
        checkpoint = found.get(body) or Checkpoint(row[0], row[1], row[2], row[3], row[4].hex(), row[5])
        entries = [*checkpoint.signatures, CheckpointSignature(signer, key_id, signature.hex())]
        entries.sort(key=lambda entry: (entry.signer, entry.key_id))
        found[body] = msgspec.structs.replace(checkpoint, signatures=tuple(entries))
    return list(found.values())
