"""Where on the paper something stands: rows, pieces, zones."""
