"""`python -m ops` is the `medtrace` command."""

from __future__ import annotations

from ops.cli.main import main

if __name__ == "__main__":  # worker processes import this module again, and must not run the command
    main()
