"""A simulated supply chain with honest noise and fraud, and the truth about both, to measure what the line finds.

Layers, each blind to the ones after it: `truth` (bodies and acts), `recording` (honest notes), `adversary` (frauds), `claims`
(documents as they arrive), `labels` (what is true). Nothing here knows the rules that judge.

    python -m ops.simulate --seed 1 --packs 20000 --days 60 --out world
    for claim in ops.simulate.read(Path("world")).claims(): ...
"""

from __future__ import annotations

from ops.simulate.claim import Claim, decode_claim, encode_claim
from ops.simulate.files import Truth, World, read, write
from ops.simulate.labels.causes import Cause, Mistake
from ops.simulate.labels.frauds import FraudLabel, Witness
from ops.simulate.run import Simulation

__all__ = [
    "Cause",
    "Claim",
    "FraudLabel",
    "Mistake",
    "Simulation",
    "Truth",
    "Witness",
    "World",
    "decode_claim",
    "encode_claim",
    "read",
    "write",
]
