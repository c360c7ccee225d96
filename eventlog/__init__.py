"""The ordered, partitioned, durable log (`pedigree.ports.EventLog`): adapters, one module each."""
