"""Items that wait for a person."""
