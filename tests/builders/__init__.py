"""What tests are built from: rows, values, papers and days, each with a sensible default."""
