"""What can go wrong on purpose while a document is read."""

from __future__ import annotations


class UnreadableImage(ValueError):
    """These bytes are no image that can be read; `reason` says why, in words for an operator."""

    def __init__(self, reason: str, name: str = "") -> None:
        self.reason, self.name = reason, name
        super().__init__(f"{name}: {reason}" if name else reason)
