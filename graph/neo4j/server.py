"""The connection: transactions with the driver's retries, a commit of unknown outcome replayed, errors of our own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from neo4j import READ_ACCESS, WRITE_ACCESS, GraphDatabase, ManagedTransaction, NotificationMinimumSeverity, Session, unit_of_work
from neo4j import exceptions as said

from pedigree.errors import GraphError, LogFullError, QueryTooComplexError, SettingsError, StoreError

T = TypeVar("T")
_SCHEMES = ("bolt://", "neo4j://", "bolt+s://", "bolt+ssc://", "neo4j+s://", "neo4j+ssc://")
_FULL = ("No space left", "MemoryPoolOutOfMemory", "transaction.total.max")


class Tx:
    """One running transaction."""

    def __init__(self, transaction: ManagedTransaction) -> None:
        self._transaction = transaction

    def rows(self, query: str, **parameters: Any) -> list[list[Any]]:
        """All rows of a statement, values in the order of its RETURN."""
        result = self._transaction.run(query, parameters)
        return [record.values() for record in result]

    def one(self, query: str, **parameters: Any) -> Any:
        """The first value of the first row, None if there is none."""
        rows = self.rows(query, **parameters)
        return rows[0][0] if rows else None


class Server:
    """One database of one server (or of a cluster: `neo4j://`). Threads may share it."""

    def __init__(
        self, uri: str, auth: tuple[str, str] | None, database: str, retry_seconds: float, options: dict[str, Any]
    ) -> None:
        if not uri.startswith(_SCHEMES):
            raise SettingsError(f"neo4j_uri {uri[:100]} is no address of Neo4j: set one that begins with bolt:// or neo4j://")
        self.uri, self.database, self._retry_seconds = uri, database, retry_seconds
        with self._translated():
            self._driver = GraphDatabase.driver(
                uri,
                auth=auth,
                max_transaction_retry_time=retry_seconds,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                **{"connection_timeout": 10, "keep_alive": True, **options},
            )

    def read(self, work: Callable[[Tx], T], seconds: float | None = None) -> T:
        """`seconds`: more than that is QueryTooComplexError."""

        @unit_of_work(timeout=seconds)
        def limited(transaction: ManagedTransaction) -> T:
            return work(Tx(transaction))

        with self._session(READ_ACCESS) as session:
            return session.execute_read(limited)

    def write(self, work: Callable[[Tx], T], merge: Callable[[T, T], T] | None = None) -> T:
        """Retried by the driver while nothing can have been committed. When the connection broke during the commit nobody knows
        whether it was: then `work` runs again. It must read its own progress first and skip what is there; `merge` makes one
        answer of the run whose outcome is unknown and the one after it."""
        deadline = time.monotonic() + self._retry_seconds
        answers: list[T] = []

        def noted(transaction: ManagedTransaction) -> T:
            answer = work(Tx(transaction))
            answers[1:] = [answer]
            return answer

        unknown: list[T] = []
        while True:
            answers = []
            try:
                with self._session(WRITE_ACCESS) as session:
                    answer = session.execute_write(noted)
            except StoreError as error:
                if not isinstance(error.__cause__, said.IncompleteCommit) or time.monotonic() > deadline:
                    raise
                unknown += answers[-1:]
                time.sleep(0.2)
                continue
            for earlier in unknown:
                answer = merge(earlier, answer) if merge else answer
            return answer

    def run(self, query: str, **parameters: Any) -> list[list[Any]]:
        """A statement in a transaction of its own, for what can't be part of one: schema, `IN TRANSACTIONS`. Not retried."""
        with self._session(WRITE_ACCESS) as session:
            return [record.values() for record in session.run(query, parameters)]

    def close(self) -> None:
        self._driver.close()

    @contextmanager
    def _session(self, access: str) -> Iterator[Session]:
        with self._translated(), self._driver.session(database=self.database, default_access_mode=access) as session:
            yield session

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SettingsError for what only an operator can repair, LogFullError for no room, else StoreError."""
        where = f"Neo4j at {self.uri}"
        try:
            yield
        except said.AuthError as error:
            raise SettingsError(f"{where} refuses the user name or password: check neo4j_user and neo4j_password") from error
        except said.ConfigurationError as error:
            raise SettingsError(f"neo4j_uri {self.uri}: {error}") from error
        except said.ServiceUnavailable as error:
            raise StoreError(f"{where} does not answer ({_line(error)}): start it, or set neo4j_uri") from error
        except said.Neo4jError as error:
            if error.code == "Neo.ClientError.Database.DatabaseNotFound":
                raise SettingsError(f"{where} has no database {self.database}: set neo4j_database") from error
            if "TransactionTimedOut" in str(error.code):
                raise QueryTooComplexError("this query takes too long: ask for less at once") from error
            if any(sign in str(error) for sign in _FULL):
                raise LogFullError(f"{where}: no room ({_line(error)})") from error
            raise StoreError(f"{where}: {_line(error)}") from error
        except said.DriverError as error:
            if "closed" in str(error).lower():
                raise GraphError(f"{where}: the graph is closed") from error
            raise StoreError(f"{where}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
