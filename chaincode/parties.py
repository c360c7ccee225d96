"""The party registry on the ledger: who signs with which keys and answers for which places. The regulator alone writes it."""

from __future__ import annotations

import msgspec

from chaincode.messages import encode
from pedigree.errors import LedgerError
from pedigree.ports import KeyValue

REGULATOR = "regulator"
"""The member organisation (MSP) that may write."""


class PartyKey(msgspec.Struct, array_like=True, frozen=True):
    """`public`: SM2 point, hex; times ms UTC, `until` 0 = no end."""

    key_id: str
    public: str
    since: int
    until: int = 0


class Delegation(msgspec.Struct, array_like=True, frozen=True):
    """The delegate may speak for the party, for the business steps named (none = all)."""

    delegate: str
    steps: tuple[str, ...] = ()
    since: int = 0
    until: int = 0


class PartyRecord(msgspec.Struct, array_like=True, frozen=True):
    """`revision` counts from 1 and has no holes, so that of two writers one is refused. Organisations only, no persons."""

    party: str
    revision: int
    role: str
    glns: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    """GS1 company prefixes."""
    keys: tuple[PartyKey, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    since: int = 0
    until: int = 0


decode_party = msgspec.msgpack.Decoder(PartyRecord).decode


def party_key(party: str) -> str:
    return f"party/{party}"


def party_put(port: KeyValue, record: PartyRecord) -> None:
    """LedgerError: the caller is not the regulator, or another revision is the next one."""
    if port.caller() != REGULATOR:
        raise LedgerError(f"REFUSED the party registry is written by {REGULATOR}, not by {port.caller()}")
    if not record.party or "\x00" in record.party:
        raise LedgerError("REFUSED a party without a name")
    stored = port.get_many([party_key(record.party)])[0]
    have = decode_party(stored).revision if stored is not None else 0
    if record.revision != have + 1:
        raise LedgerError(f"REVISION have {have} got {record.revision}")
    port.put_many([(party_key(record.party), encode(record))])
    port.emit("party", encode(record))


def party_get(port: KeyValue, party: str) -> bytes | None:
    """The encoded `PartyRecord`, None for an unknown party."""
    return port.get_many([party_key(party)])[0]
