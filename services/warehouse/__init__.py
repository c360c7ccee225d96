"""The desk of whoever scans and uploads: what of his own events needs a look, and what to do about it."""
