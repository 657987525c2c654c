"""Ties mail, ledger and bank together and reports on it."""
