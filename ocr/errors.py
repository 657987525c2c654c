"""The errors that reading a document may raise."""

from __future__ import annotations


class UnreadableImage(ValueError):
    """The bytes are not an image that can be read; `reason` tells an operator why."""

    def __init__(self, reason: str, name: str = "") -> None:
        self.reason, self.name = reason, name
        super().__init__(f"{name}: {reason}" if name else reason)
