"""The domain, pure: identifiers, EPCIS events and their wire forms, custody, time evidence, proofs and seals."""
