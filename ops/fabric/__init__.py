"""Fabric natively, without containers: configuration for four organisations, a launcher, and the contract's life cycle.

The programs are Hyperledger's own release; they are found, never fetched. Everything that they read is written here.
"""
