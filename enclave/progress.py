"""How a stage tells how far it is, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Receives counts; the command line draws them, tests drop them."""

    def step(self, label: str, done: int, total: int) -> None:
        """``done`` of ``total`` units of ``label`` are finished."""


class Silent:
    """Drops all progress."""

    def step(self, label: str, done: int, total: int) -> None:
        """Does nothing."""
