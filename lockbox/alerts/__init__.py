"""Alerts: who is told of what goes wrong, what is late, and what waits for people."""
