"""What scanners and typing fingers do to serials."""

from __future__ import annotations

from random import Random

from ops.simulate.codes import serial_of, with_serial

_TAKEN_FOR = {"O": "0", "0": "O", "I": "1", "1": "I", "Y": "Z", "Z": "Y", "B": "8", "8": "B", "5": "S", "S": "5"}


def flipped(code: str, how: str) -> str:
    """A keyboard-wedge scanner with caps lock on, or off."""
    if "/21/" not in code:
        return code
    serial = serial_of(code)
    return with_serial(code, serial.upper() if how == "upper" else serial.lower())


def typed(code: str, rng: Random) -> str:
    """One character taken for another; '' when the code has none that is."""
    if "/21/" not in code:
        return ""
    serial = serial_of(code)
    places = [place for place, letter in enumerate(serial) if letter in _TAKEN_FOR]
    if not places:
        return ""
    place = rng.choice(places)
    return with_serial(code, serial[:place] + _TAKEN_FOR[serial[place]] + serial[place + 1 :])
