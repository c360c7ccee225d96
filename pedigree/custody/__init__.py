"""The custody fold: what the events of a unit add up to. Specification: ARCHITECTURE.md, section Custody."""
