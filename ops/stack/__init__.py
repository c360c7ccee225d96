"""The real servers: what they are (`plan`), and starting them natively without a container engine."""
