"""Everything that wires, starts, measures and simulates."""
