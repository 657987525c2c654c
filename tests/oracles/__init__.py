"""Slow and simple second ways to the same result, with which the product is compared."""
