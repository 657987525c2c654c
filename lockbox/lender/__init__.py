"""The lender's profile and its dated rules."""
