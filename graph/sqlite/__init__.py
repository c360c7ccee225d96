"""The graph in SQLite: the embedded store."""

from graph.sqlite.store import SqliteGraph

__all__ = ["SqliteGraph"]
