"""Conversations on disk: SQLite, one writer thread, full-text search."""
