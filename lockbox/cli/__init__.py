"""The verbs of the command line, and the tables that they print."""
