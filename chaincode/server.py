"""`python -m chaincode.server`: one organisation's contract as a service. Environment: CHAINCODE_ID (the package id that the
peer calculated) and CHAINCODE_SERVER_ADDRESS (host:port, as in the package's connection.json)."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from chaincode.functions import CONTRACT
from chaincode.rules import rules_digest
from chaincode.shim.service import start
from pedigree.errors import SettingsError


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log = logging.getLogger("medtrace.chaincode")
    try:
        chaincode_id, address = _setting("CHAINCODE_ID"), _setting("CHAINCODE_SERVER_ADDRESS")
        rules_digest()  # of the code that runs, not of what an upgrade puts there later
        server, port = start(chaincode_id, address)
    except SettingsError as wrong:
        log.error("%s", wrong)
        return 2
    except RuntimeError as taken:
        log.error("CHAINCODE_SERVER_ADDRESS: can't listen there (%s)", taken)
        return 3
    log.info("%s, rules %s, serves %s at port %d", CONTRACT, rules_digest(), chaincode_id, port)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop(grace=2).wait()
    return 0


def _setting(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set: the peer's package id and the address to listen on are needed")
    return value


if __name__ == "__main__":
    sys.exit(main())
