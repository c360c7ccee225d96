"""What can go wrong between a client and the network: one type for each thing that a caller does about it."""

from __future__ import annotations

from typing import NamedTuple

from pedigree.errors import LedgerError


class Detail(NamedTuple):
    """What one peer or orderer said."""

    address: str
    organisation: str
    message: str


class FabricError(LedgerError):
    """Root. `details`: what the nodes said, from the call's trailer; the status text alone rarely names the reason."""

    def __init__(self, message: str, details: tuple[Detail, ...] = ()) -> None:
        said = "; ".join(dict.fromkeys(f"{one.organisation}: {one.message}" for one in details))
        super().__init__(f"{message} ({said})" if said else message)
        self.details = details


class UnreachableError(FabricError):
    """Nobody answers there, or not in time: another organisation's gateway may. What was sent may have arrived."""


class RefusedError(FabricError):
    """The contract said no; the message is its own words. Nothing was taken."""


class EndorsementError(FabricError):
    """Not enough organisations came to the same answer. Nothing was taken."""


class InvalidatedError(FabricError):
    """The transaction stands in a block, and the peers found it invalid. `code`: its `TxValidationCode`."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class UnknownOutcomeError(FabricError):
    """Sent, and no peer says in time what became of it. Read the lane's head, then batch again."""


class BlockError(FabricError):
    """A block that does not continue its chain, or that the orderers have not signed: the peer must not be believed."""


class ProfileError(FabricError):
    """A connection that can't work: wrong channel, contract, certificate or address. The message names the entry."""
