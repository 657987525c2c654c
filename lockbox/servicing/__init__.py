"""The books of a contract: its nights, corrections, a person's actions, the audit."""
