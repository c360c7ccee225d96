"""Is what the stores say what follows from the documents? And building the stores again when it is not."""

from ops.check.audit import Audit, audit, audit_data
from ops.check.difference import Difference
from ops.check.replay import Replayed, replay, replay_data
from ops.check.rules import Effect, effect_of, effect_on
from ops.check.run import check, check_data
from ops.check.stores import Secrets

__all__ = [
    "Audit", "Difference", "Effect", "Replayed", "Secrets", "audit", "audit_data", "check", "check_data", "effect_of",
    "effect_on", "replay", "replay_data",
]  # fmt: skip
