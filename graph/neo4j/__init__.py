"""The graph in Neo4j: the store for more than one machine."""

from graph.neo4j.store import Neo4jGraph

__all__ = ["Neo4jGraph"]
