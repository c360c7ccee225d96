"""SQLite, opened and looked after in one way by every room that keeps data: log, graph, ledger, custody store, indexes.

And papers, which lie in files of their own.
"""
