"""The provenance graph: one projection, its stores and their named queries."""
