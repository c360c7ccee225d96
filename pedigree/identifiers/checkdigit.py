"""The GS1 check digit (GS1 General Specifications, section 7.9.1)."""

from __future__ import annotations


def check_digit(body: str) -> str:
    """The modulo-10 check digit of `body`, the key without its last digit.

    `body` holds ASCII digits only and has any length: weights run 3, 1, 3, ... from the right.
    """
    digits = body.encode("ascii")
    # The weights cancel the ASCII offset of the digit "0" (48 = 8 mod 10) except for this term.
    threes, ones = digits[::-2], digits[-2::-2]
    total = 3 * sum(threes) + sum(ones) - 48 * (3 * len(threes) + len(ones))
    return str(-total % 10)


def has_valid_check_digit(number: str) -> bool:
    """Whether `number` is made of ASCII digits and its last one is the check digit of those before it."""
    if len(number) < 2 or not (number.isascii() and number.isdigit()):
        return False
    return number[-1] == check_digit(number[:-1])
