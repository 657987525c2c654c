"""Bank files: records as tables of fields, read and written."""
