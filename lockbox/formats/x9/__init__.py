"""X9.37 and X9.100-187 files: bytes to records and back."""
