"""The ledger contract: a pure function over a small key-value port."""
