"""The store: all state, in one SQLite database."""
