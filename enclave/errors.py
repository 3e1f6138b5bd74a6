"""The error tree. Every message says what was expected, where, and what to do next.

EnclaveError                 exit 1  an unexpected fault
├── UsageError               exit 2  wrong arguments or configuration
├── FindingsError            exit 3  the data or the output is unsafe or does not fit its schema
├── RefusedError             exit 4  a policy says no: four eyes, consent, missing sandbox
└── InputError               exit 5  input is missing, damaged or changed since it was recorded

Messages never hold a data value: columns, rules and counts only.
"""

from typing import ClassVar


class EnclaveError(Exception):
    """Base of all errors that are shown without a traceback.

    Args:
        expected: what should have been the case.
        where: file role, column, rule or count; never a data value.
        next_step: what the reader can do now.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, expected: str, *, where: str = "", next_step: str = "") -> None:
        self.expected = expected
        self.where = where
        self.next_step = next_step
        super().__init__(expected, where, next_step)

    def __str__(self) -> str:
        parts = [self.expected]
        if self.where:
            parts.append(f"Where: {self.where}.")
        if self.next_step:
            parts.append(f"Next: {self.next_step}.")
        return " ".join(parts)


class UsageError(EnclaveError):
    """Arguments or configuration do not make sense."""

    exit_code = 2


class FindingsError(EnclaveError):
    """Data or output breaks a rule; nothing was changed."""

    exit_code = 3


class RefusedError(EnclaveError):
    """A policy forbids the action."""

    exit_code = 4


class InputError(EnclaveError):
    """Input is missing, damaged, or not what was recorded."""

    exit_code = 5
