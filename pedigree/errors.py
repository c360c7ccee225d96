"""One root for every error of the system, one type for each stage that can fail.

The edge (`services/problems.py`) translates them to RFC 7807 problem documents, in one place.
"""

from __future__ import annotations


class MedtraceError(Exception):
    """Root of all errors that Medtrace raises on purpose."""


class IdentifierError(MedtraceError):
    """An identifier that can't be what it claims to be. `field` names the part that is wrong."""

    def __init__(self, message: str, *, field: str = "", code: str = "unreadable") -> None:
        super().__init__(message)
        self.field = field
        self.code = code  # unreadable | check_digit | duplicate_ai | unknown_scheme


class DocumentError(MedtraceError):
    """A document that is not EPCIS, or not well-formed. `faults` lists every fault found, most basic first."""

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class Fault(Exception):
    """One fault in a document: where (JSON pointer or XPath), what was found, what was expected."""

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: found {found}, expected {expected}")
        self.where = where
        self.found = found
        self.expected = expected


class SealError(MedtraceError):
    """A signature, key or ciphertext that does not hold."""


class ProofError(MedtraceError):
    """A proof, checkpoint or chain of hashes that does not hold."""


class LogError(MedtraceError):
    """The event log can't take or give what was asked."""


class LogFullError(LogError):
    """No room (disk or buffer): nothing was taken; the caller may try again later."""


class FencedError(LogError):
    """Another writer has appended in the meantime; what was decided on the old head must be dropped."""


class StoreAheadError(MedtraceError):
    """A store claims more progress than its log has: the log was lost or exchanged. Stop, never guess."""


class LedgerError(MedtraceError):
    """The ledger refused or could not be reached."""


class SettingsError(MedtraceError):
    """A setting that can't work; the message names it and says what to set."""


class StoreError(MedtraceError):
    """A database file that is damaged, locked for too long, or written by a newer version."""


class GraphError(MedtraceError):
    """The provenance graph can't take or answer what was asked."""


class CursorError(GraphError):
    """A page was asked for with a cursor that this list has not given out."""


class LogUnreachableError(LogFullError):
    """The log's servers do not answer, or not in time: the caller may try again later. An append may have been taken."""


class QueryTooComplexError(GraphError):
    """A query took more time than one query may have; nothing is wrong with it otherwise."""


class UnknownRulesError(MedtraceError):
    """Something is to be judged by rules that this program does not have: it is older than they. Stop, never guess."""
