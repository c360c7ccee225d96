"""What the demonstration remembers between two starts: which world it is, how much of it was sent, and the keys it made."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ops.secretfile import read_secret, write_secret
from pedigree.errors import SettingsError


class DemoState(msgspec.Struct):
    """`now`: the moment at which the world ends (ms UTC); `sent`: documents that the server has taken."""

    seed: int
    packs: int
    now: int
    sent: int = 0


class Secrets(msgspec.Struct):
    """`api`: company -> API key; `seals`: company -> SM2 key in PEM. Made on the spot, good for nothing else."""

    api: dict[str, str] = {}
    seals: dict[str, str] = {}


class Memory:
    """The two files."""

    def __init__(self, data: Path) -> None:
        self._state = data / "demo.json"
        self._secrets = data / "keys" / "demo-keys.json"

    def state(self) -> DemoState | None:
        """None at the first start; SettingsError when the file is not ours."""
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=DemoState)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as broken:
            raise SettingsError(f"{self._state} can't be read ({broken}): `make clean-demo` starts again") from broken

    def keep(self, state: DemoState) -> None:
        part = self._state.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(state))
        part.replace(self._state)

    def secrets(self) -> Secrets:
        if not self._secrets.exists():
            return Secrets()
        return msgspec.json.decode(read_secret(self._secrets, "demo keys"), type=Secrets)

    def keep_secrets(self, secrets: Secrets) -> None:
        write_secret(self._secrets, msgspec.json.encode(secrets).decode())
