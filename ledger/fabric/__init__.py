"""The ledger on Hyperledger Fabric: Gateway client, verified blocks, and an index of them that answers every read."""
