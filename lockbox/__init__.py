"""The lockbox: from scanned mail to a posted, balanced ledger."""
