"""The clock is an argument everywhere: tests and resumed runs decide what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(tz=UTC)
