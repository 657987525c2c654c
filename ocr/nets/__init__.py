"""The networks that read, and what makes their claims honest."""
