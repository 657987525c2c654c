"""The mail line: deliveries become items, readings, decisions and journals."""
