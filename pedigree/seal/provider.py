"""Which library does SM2: `tongsuopy` (thousands of operations a second) or `gmssl` (pure Python, tens).

Both see the same small port: a scalar and a point as bytes, a signature as strict DER. What each library lets through or
gets wrong (see the adapters) is dealt with there, so that a key or signature is good under both or under neither.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Literal, Protocol, cast

from pedigree.errors import SealError

ProviderName = Literal["tongsuo", "gmssl"]


class Sm2Provider(Protocol):
    """SM2 with SM3 and the default identity 1234567812345678 (GB/T 32918, GM/T 0009). Handles are the library's own."""

    name: ProviderName

    def point_of(self, scalar: bytes) -> bytes:
        """The uncompressed public point (65 bytes) of a private scalar (32 bytes)."""
        ...

    def private_handle(self, scalar: bytes, point: bytes) -> object: ...
    def public_handle(self, point: bytes) -> object: ...
    def sign(self, handle: object, message: bytes) -> bytes: ...
    def verify(self, handle: object, message: bytes, signature: bytes) -> bool: ...


_MODULES: dict[str, str] = {"tongsuo": "pedigree.seal.sm2_tongsuo", "gmssl": "pedigree.seal.sm2_gmssl"}
_chosen: Sm2Provider | None = None


def _load(name: str) -> Sm2Provider:
    if name not in _MODULES:
        raise SealError(f"unknown SM2 provider {name!r}: choose tongsuo or gmssl")
    try:
        return cast(Sm2Provider, importlib.import_module(_MODULES[name]).Provider())
    except ImportError as missing:
        raise SealError(f"SM2 provider {name} can't be loaded: {missing}") from missing


def set_provider(name: str) -> None:
    """Use `tongsuo` or `gmssl` from now on, in the whole process. Keys made before keep working. Raises SealError."""
    global _chosen
    _chosen = _load(name)


def current_provider() -> Sm2Provider:
    """The provider in use; the first call picks `tongsuo`, or `gmssl` with a warning where `tongsuopy` does not load."""
    global _chosen
    if _chosen is None:
        try:
            _chosen = _load("tongsuo")
        except SealError as missing:
            warnings.warn(f"{missing}; SM2 falls back to gmssl, about fifty times slower", RuntimeWarning, stacklevel=2)
            _chosen = _load("gmssl")
    return _chosen
