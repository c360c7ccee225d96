"""The `medtrace` command: each module adds its commands, `main` puts them together."""
