"""The rule of a contract: pure functions from values to values, no database."""
