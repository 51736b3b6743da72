"""The `formnet` command: one file per subcommand, gathered in `app.py`."""
