"""What goes to customers: statements, letters, notices; how they are reached and what they agreed to."""
