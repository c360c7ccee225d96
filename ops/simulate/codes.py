"""Numbers and codes: GS1 keys with their check digits, and serials that look random but never repeat."""

from __future__ import annotations

from random import Random

from pedigree.identifiers import check_digit

ID = "https://id.gs1.org"
PREFIX_DIGITS = 7
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MIXED = UPPER + "abcdefghijklmnopqrstuvwxyz"
_STYLES = (("0123456789", 13), (UPPER, 10), (UPPER, 14), (MIXED, 9), (MIXED, 12))


def checked(body: str) -> str:
    return f"{body}{check_digit(body)}"


def gln(prefix: str, reference: int) -> str:
    return checked(f"{prefix}{reference:05d}")


def gtin(prefix: str, item: int) -> str:
    return checked(f"0{prefix}{item:05d}")


def sscc(prefix: str, number: int) -> str:
    return f"{ID}/00/{checked(f'{number // 10**9 % 10}{prefix}{number % 10**9:09d}')}"


def tote(prefix: str, number: int) -> str:
    """A reusable container (GRAI)."""
    return f"{ID}/8003/0{checked(f'{prefix}00001')}{number}"


def loan_set(prefix: str, number: int) -> str:
    """An instrument set (GIAI)."""
    return f"{ID}/8004/{prefix}SET{number:04d}"


def pack(gtin14: str, serial: str) -> str:
    return f"{ID}/01/{gtin14}/21/{serial}"


def lot_class(gtin14: str, lot: str) -> str:
    return f"{ID}/01/{gtin14}/10/{lot}"


def place(number: str, gate: str = "") -> str:
    return f"{ID}/414/{number}/254/{gate}" if gate else f"{ID}/414/{number}"


def party(number: str) -> str:
    return f"{ID}/417/{number}"


def serial_of(code: str) -> str:
    return code.rpartition("/")[2]


def with_serial(code: str, serial: str) -> str:
    return f"{code.rpartition('/')[0]}/{serial}"


class Serials:
    """Serials of one product: a walk through all numbers of a fixed length in a scrambled order."""

    def __init__(self, rng: Random) -> None:
        self.alphabet, self.length = rng.choice(_STYLES)
        self._size = len(self.alphabet) ** self.length
        step = rng.randrange(self._size // 3, self._size // 2) | 1
        while any(step % factor == 0 for factor in (3, 5, 31)):  # coprime to every alphabet's size
            step += 2
        self._step, self._at = step, rng.randrange(self._size)

    def __next__(self) -> str:
        self._at = (self._at + self._step) % self._size
        return self._text(self._at)

    def __iter__(self) -> Serials:
        return self

    def invented(self, rng: Random) -> str:
        """One that looks like the others, made by somebody who can't know them."""
        return self._text(rng.randrange(self._size))

    def _text(self, number: int) -> str:
        base, letters = len(self.alphabet), []
        for _ in range(self.length):
            number, digit = divmod(number, base)
            letters.append(self.alphabet[digit])
        return "".join(letters)
