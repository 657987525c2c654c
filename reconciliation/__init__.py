"""Tying mail, ledger and bank together, and showing it."""
