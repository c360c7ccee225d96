"""`python -m ops.fabric.witness`: one organisation's witness. It reads its own peer's blocks, checks that history only grew,
signs each changed lane, and puts its signatures on the channel, where everybody's index finds them."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from ledger.fabric.errors import BlockError
from ledger.fabric.ledger import FabricLedger, open_ledger
from ledger.port import Ledger
from ledger.witness import Witness
from ops.clock import now_ms
from ops.secretfile import read_secret
from pedigree.errors import LedgerError, MedtraceError, ProofError
from pedigree.proof import Checkpoint
from pedigree.seal import PrivateKey

_log = logging.getLogger("medtrace.witness")


def watch(
    ledger: Ledger, key: PrivateKey, signer: str, origin: str, ended: threading.Event, interval_ms: int = 10_000,
    signed: Callable[[Checkpoint], None] = lambda _: None,
) -> None:  # fmt: skip
    """Sign until `ended` is set. A lane whose history was changed is refused, loudly, every time; the others go on.

    Raises BlockError when the own peer's blocks can't be believed. That the channel takes no transactions just now is no
    reason to end: what was missed is signed at the next boundary.
    """
    witness = Witness(ledger, key, signer, origin, interval_ms, settle_ms=min(5_000, interval_ms // 2))
    while not ended.wait(min(1.0, interval_ms / 4000)):
        try:
            for checkpoint in witness.tick(now_ms()):
                signed(checkpoint)
        except BlockError:
            raise
        except ProofError as refused:
            _log.error("NOT SIGNED %s", refused)
        except LedgerError as busy:
            _log.warning("later: %s", busy)
            witness = Witness(ledger, key, signer, origin, interval_ms, settle_ms=min(5_000, interval_ms // 2))


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 stopped, 2 wrong use, 4 the peer's blocks can't be believed."""
    parser = argparse.ArgumentParser(prog="python -m ops.fabric.witness", description=__doc__)
    parser.add_argument("--profile", type=Path, required=True, help="connection profile of the organisation")
    parser.add_argument("--index", type=Path, required=True, help="file of its index, made if it is not there")
    parser.add_argument("--key", type=Path, required=True, help="SM2 key in PEM that signs checkpoints")
    parser.add_argument("--signer", required=True, help="the organisation, as in the published keys")
    parser.add_argument("--origin", required=True, help="the network's name in proofs")
    parser.add_argument("--interval-ms", type=int, default=10_000, help="time between checkpoints")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ledger: FabricLedger | None = None
    try:
        key = PrivateKey.from_pem(read_secret(given.key, "--key").encode())
        ledger = open_ledger(given.index, given.profile, now_ms, own_eyes=True)
        ledger.wait_for_network(ended)
        for other in ledger.check_contract():
            _log.warning("another contract: %s", other)
        _log.info("%s watches %s", given.signer, given.profile)
        watch(ledger, key, given.signer, given.origin, ended, given.interval_ms, _say)
    except BlockError as wrong:
        _log.critical("%s", wrong)
        return 4
    except MedtraceError as wrong:
        _log.error("%s", wrong)
        return 2
    finally:
        if ledger is not None:
            ledger.close()
    return 0


def _say(checkpoint: Checkpoint) -> None:
    _log.info("signed lane %d/%d, %d batches", checkpoint.generation, checkpoint.partition, checkpoint.size)


if __name__ == "__main__":
    sys.exit(main())
