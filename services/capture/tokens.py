"""Time tokens for devices: "it is now at least this late", signed; what makes a journal's event times provable."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from pedigree.seal import NO_HASH, ServerToken, issue_token
from services.context import Services
from services.problems import Problem, forbidden


class TokenRequest(BaseModel):
    """`device`: its key's id. `nonce`: the head of its journal, so that the token also proves that those entries exist."""

    device: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def token_for(services: Services, asked: TokenRequest, party: str) -> ServerToken:
    """A token for a device of the caller's."""
    if services.token_key is None:
        raise Problem(404, "NoSuchResourceException", "no time tokens are given out here")
    now = services.clock()
    known = services.registry.current().device(asked.device, now)
    if known is None or known[0].party != party:
        raise forbidden(f"device {asked.device} is not registered for {party}, or is revoked")
    checkpoint = services.checkpoint() if services.checkpoint is not None else NO_HASH
    return issue_token(services.token_key, asked.device, now, checkpoint, bytes.fromhex(asked.nonce))
