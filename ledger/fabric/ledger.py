"""The ledger on Fabric: commits through the Gateway, reads from the index of the own peer's blocks."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from chaincode.functions import CONTRACT
from chaincode.messages import Batch, Receipt, UnitState, decode_receipt, decode_unit, encode
from chaincode.parties import PartyRecord
from chaincode.refold import Refold
from ledger.fabric.client import Client, Committed, Timeouts
from ledger.fabric.errors import BlockError, EndorsementError, FabricError, ProfileError, RefusedError, UnreachableError
from ledger.fabric.follower import Follower
from ledger.fabric.gateway import Gateway
from ledger.fabric.index import Index, IndexWriter
from ledger.fabric.profile import open_gateways
from ledger.port import LedgerReceipt
from pedigree.proof import Checkpoint, CheckpointSignature, decode_batch, encode_checkpoint

_GAP = re.compile(r"GAP have (\d+) got (\d+)")


class FabricLedger(Index):
    """`ledger.port.Ledger` on a channel. `gateways`: the own organisation's first; `genesis`: hash of the channel's block 0.

    One process with one of these a data folder: it writes the index; pages open it with `open_index`. Lanes may commit at the
    same time, from a thread each; a lane has one commit in flight. `own_eyes`: read blocks from the own peer only (witnesses).
    """

    def __init__(
        self,
        path: Path,
        gateways: Sequence[Gateway],
        genesis: bytes,
        *,
        own_eyes: bool = False,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._writer = IndexWriter(path, gateways[0].chaincode, genesis)
        super().__init__(path)
        timeouts = timeouts or Timeouts()
        self._seen = timeouts.seen
        self._client = Client(gateways, timeouts)
        self._followed = list(gateways[:1] if own_eyes else gateways)
        self._follower = Follower(self._followed, self._writer)
        self._signing = threading.Lock()

    def commit(self, batch: Batch) -> Receipt:
        """As `Ledger.commit`. UnknownOutcomeError and UnreachableError are LedgerErrors too: read the head, batch again."""
        known = self.head(batch.generation, batch.partition)
        first = batch.messages[0].number if batch.messages else -1
        continues = bool(batch.messages) and (known.next, known.previous) == (first, batch.messages[0].previous)
        data = encode(batch)

        def again(error: FabricError, sent: bool) -> bool:
            gap = _GAP.search(str(error))
            if gap is None:
                return isinstance(error, EndorsementError)
            # An endorser that is a block behind has less than what is known to be committed; a real gap has not.
            return continues and not sent and int(gap[1]) < first

        try:
            committed = self._client.transact([b"commit", data], again)
        except RefusedError as refused:
            ours = self._already(batch) if continues and _GAP.search(str(refused)) else None
            if ours is None:
                raise
            return ours
        self._follower.wait(committed.block, self._seen)
        return decode_receipt(committed.payload)

    def _already(self, batch: Batch) -> Receipt | None:
        """The batch's receipt when an envelope of unknown outcome has been committed after all."""
        self.catch_up()
        known = self.head(batch.generation, batch.partition)
        stored = self.receipts(batch.generation, batch.partition, known.size - 1, 1) if known.size else []
        last = batch.messages[-1]
        if not stored:
            return None
        record = decode_batch(stored[0].record)
        if (record.first, record.last, record.last_hash) != (batch.messages[0].number, last.number, last.hash):
            return None
        return _receipt(stored[0])

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Put the signatures on the channel, where all organisations find them; those that are there are not sent again."""
        with self._signing:
            for entry in checkpoint.signatures:
                single = msgspec.structs.replace(checkpoint, signatures=(entry,))
                if not self._has(single, entry):
                    self._send([b"checkpoint", encode([encode_checkpoint(single)])])

    def _has(self, checkpoint: Checkpoint, entry: CheckpointSignature) -> bool:
        kept = self.checkpoints(*checkpoint.lane, checkpoint.time_ms - 1, 1)
        body = msgspec.structs.replace(checkpoint, signatures=())
        same = [one for one in kept if msgspec.structs.replace(one, signatures=()) == body]
        return any(found.key_id == entry.key_id for one in same for found in one.signatures)

    def put_party(self, record: PartyRecord) -> None:
        """RefusedError: this is not the regulator's identity, or another revision comes next."""
        self._send([b"party_put", encode(record)])

    def refold(self, asked: Refold) -> UnitState:
        """Have a unit judged that a commit could not judge."""
        return decode_unit(self._send([b"refold", encode(asked)]).payload)

    def contracts(self) -> dict[str, str]:
        """What each organisation's contract says about itself, "" for one that gives no answer. FabricError: none of them does;
        it is what the own organisation's peer said (it is away, or does not know the profile's channel, contract, identity)."""
        found: dict[str, str] = {}
        gone: FabricError | None = None
        for gateway in self._client.gateways:
            try:
                found[gateway.organisation] = gateway.evaluate([b"about"], 5).decode("utf-8", "replace")
            except FabricError as error:
                found[gateway.organisation], gone = "", gone or error
        if gone is not None and not any(found.values()):
            raise gone
        return found

    def check_contract(self) -> list[str]:
        """ProfileError: of the organisations that answer no majority runs the contract that this program knows by the same
        rules, so nothing may get endorsed. Otherwise who runs another one, in words: the rest goes on without it."""
        answers = {who: said for who, said in self.contracts().items() if said}
        known = Counter(said for said in answers.values() if said.partition(" ")[0] == CONTRACT)
        most, count = max(known.items(), key=lambda one: one[1], default=("", 0))
        others = [f"{who} says {said!r}" for who, said in answers.items() if said != most]
        if 2 * count > len(answers):
            return others
        if len(known) < 2:
            raise ProfileError(f"contract: {', '.join(others)}, this program knows {CONTRACT!r}: upgrade one of them")
        rules = ", ".join(f"{who} {said.partition(' ')[2]}" for who, said in answers.items())
        raise ProfileError(f"the organisations' contracts run different rules, so nothing may get endorsed: {rules}")

    def catch_up(self) -> int:
        """Wait until the index has every block that the peers it follows have now; returns the height."""
        for gateway in self._followed[:-1]:
            try:
                return self._reach(gateway.height())
            except BlockError:
                raise
            except UnreachableError:
                continue
        return self._reach(self._followed[-1].height())

    def _reach(self, height: int) -> int:
        if height:
            self._follower.wait(height - 1, self._seen)
        return height

    def wait_for_network(self, ended: threading.Event, seconds: float = 60) -> None:
        """Until the own peer answers and the index has what it has. UnreachableError after `seconds`, unless `ended` is set."""
        deadline = time.monotonic() + seconds
        while not ended.is_set():
            try:
                self.catch_up()
                return
            except BlockError:
                raise
            except FabricError:
                if time.monotonic() > deadline:
                    raise
            ended.wait(0.3)

    def _send(self, args: Sequence[bytes]) -> Committed:
        committed = self._client.transact(args)
        self._follower.wait(committed.block, self._seen)
        return committed

    def close(self) -> None:
        self._follower.close()
        self._client.close()
        self._writer.close()
        super().close()


def open_ledger(
    path: Path, profile: Path, clock: Callable[[], int], *, own_eyes: bool = False, timeouts: Timeouts | None = None
) -> FabricLedger:
    """From a connection profile (`ledger.fabric.profile`). ProfileError says which entry can't work."""
    described, gateways = open_gateways(profile, clock)
    return FabricLedger(path, gateways, bytes.fromhex(described.genesis), own_eyes=own_eyes, timeouts=timeouts)


def _receipt(stored: LedgerReceipt) -> Receipt:
    at = stored.generation, stored.partition, stored.batch
    return Receipt(*at, stored.record, stored.size, stored.root, stored.agreed, stored.disputed, stored.unjudged)
