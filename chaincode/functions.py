"""The contract's functions by name, as the network calls them: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from chaincode import contract
from chaincode.checkpoints import checkpoint_put, decode_signatures
from chaincode.messages import decode_batch_of, encode, lane_key, unit_state_key
from chaincode.parties import decode_party, party_get, party_put
from chaincode.refold import decode_refold, refold
from chaincode.rules import rules_digest
from pedigree.errors import LedgerError, MedtraceError
from pedigree.ports import KeyValue

CONTRACT = "medtrace/contract/1"
"""What `about` answers, before the digest of its rules: clients refuse to write to a contract that they don't know."""


def call(port: KeyValue, args: Sequence[bytes]) -> bytes:
    """`args`: the function's name, then its arguments. LedgerError: refused, unknown, or arguments that can't be read."""
    name = args[0].decode("utf-8", "replace") if args else ""
    found = FUNCTIONS.get(name)
    if found is None:
        raise LedgerError(f"there is no function {name!r} in {CONTRACT}")
    count, function = found
    if len(args) != count + 1:
        raise LedgerError(f"{name} takes {count} arguments, not {len(args) - 1}")
    try:
        return function(port, *args[1:])
    except LedgerError:
        raise
    except (MedtraceError, msgspec.MsgspecError, UnicodeError, ValueError, RecursionError) as broken:
        raise LedgerError(f"{name}: arguments that can't be read ({broken})") from broken


def _commit(port: KeyValue, batch: bytes) -> bytes:
    return encode(contract.commit(port, decode_batch_of(batch)))


def _refold(port: KeyValue, asked: bytes) -> bytes:
    return encode(refold(port, decode_refold(asked)))


def _head(port: KeyValue, generation: bytes, partition: bytes) -> bytes:
    return port.get_many([lane_key(int(generation), int(partition))])[0] or b""


def _unit(port: KeyValue, unit: bytes) -> bytes:
    return port.get_many([unit_state_key(unit)])[0] or b""


def _party_put(port: KeyValue, record: bytes) -> bytes:
    party_put(port, decode_party(record))
    return b""


def _party_get(port: KeyValue, party: bytes) -> bytes:
    return party_get(port, party.decode()) or b""


def _checkpoint(port: KeyValue, signatures: bytes) -> bytes:
    checkpoint_put(port, decode_signatures(signatures))
    return b""


def _about(port: KeyValue) -> bytes:
    return f"{CONTRACT} {rules_digest()}".encode()


FUNCTIONS: dict[str, tuple[int, Callable[..., bytes]]] = {
    "commit": (1, _commit),
    "refold": (1, _refold),
    "head": (2, _head),
    "unit": (1, _unit),
    "party_put": (1, _party_put),
    "party_get": (1, _party_get),
    "checkpoint": (1, _checkpoint),
    "about": (0, _about),
}
"""Name: (number of arguments, function)."""
