"""`python -m ops` is the `medtrace` command."""

from __future__ import annotations

if __name__ == "__main__":  # worker processes import this module again: they must not run the command, nor wait for its imports
    from ops.cli.main import main

    main()
