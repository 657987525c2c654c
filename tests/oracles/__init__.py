"""Slow and simple second ways to the same result, that the product is held against."""
