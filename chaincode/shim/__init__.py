"""The contract as a service: speaks the peers' chaincode protocol, so that the very same code runs on Fabric.

Own, over the published protocol buffers, because the published shim loses events and concurrent messages and has no batch
messages (docs/adr). Nothing outside of this package and `chaincode.server` knows about it: it can be exchanged.
"""
