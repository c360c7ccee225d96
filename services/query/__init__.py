"""The EPCIS 2.0 query interface: events, vocabularies, named queries, subscriptions."""
