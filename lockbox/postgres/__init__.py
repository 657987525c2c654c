"""The embedded PostgreSQL on disk."""
