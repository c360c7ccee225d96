"""The index checked against every organisation's peer: the same blocks, and the same judgements about them.

Orderers sign the order of transactions, not their validity; that is each peer's own judgement. So one peer could lie about it
to its own clients: here its codes stand beside those of the others.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.fabric.blocks import Header, codes_of, header_of
from ledger.fabric.errors import FabricError
from ledger.fabric.gateway import Gateway
from ledger.fabric.index import BlockRow, Index

_PAGE = 500


class PeerCheck(NamedTuple):
    """`compared`: blocks; `problem`: why not all, "" = all; `differs`: in words."""

    organisation: str
    compared: int
    problem: str
    differs: tuple[str, ...]


def check_chain(index: Index) -> list[str]:
    """The index's own rows: every header's hash, and that each names the one before. [] = all well."""
    found: list[str] = []
    previous = b""
    start = 0
    while page := index.blocks(start, _PAGE):
        for row in page:
            if row.number != start or Header(row.number, row.previous, row.data_hash).hash != row.hash:
                found.append(f"block {row.number}")
            elif row.number and row.previous != previous:
                found.append(f"block {row.number} does not continue block {row.number - 1}")
            previous, start = row.hash, row.number + 1
    return found


def check_peer(index: Index, gateway: Gateway, start: int = 0) -> PeerCheck:
    """The index's blocks from `start` on, compared with what an organisation's peer gives."""
    compared, problem = 0, ""
    differs: list[str] = []
    stop = index.height() - 1
    rows: list[BlockRow] = []
    try:
        for block in gateway.blocks(start, stop) if start <= stop else ():
            if compared % _PAGE == 0:
                rows = index.blocks(start + compared, _PAGE)
            row, header = rows[compared % _PAGE], header_of(block)
            if (header.number, header.hash) != (row.number, row.hash):
                differs.append(f"block {row.number} is another one at {gateway.organisation}")
            elif codes_of(block) != row.codes:
                differs.append(f"block {row.number}: {gateway.organisation} judges its transactions otherwise")
            compared += 1
    except FabricError as gone:
        problem = str(gone)
    return PeerCheck(gateway.organisation, compared, problem, tuple(differs))
