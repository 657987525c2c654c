"""The mail line: from a delivery over items, readings and decisions to journals."""
