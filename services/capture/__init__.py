"""Capture: EPCIS documents in over HTTP, durable in the log before the client hears so. See `router.capture_router`."""
