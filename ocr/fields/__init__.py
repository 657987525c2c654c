"""What stands on the paper: one module a field."""
