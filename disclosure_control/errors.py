"""Errors of the library. Messages name columns, rules, parameters and labels; never a value.

DisclosureControlError
├── InvalidInputError      arguments or frames that do not fit
├── UnsafeOutputError      an unsafe output was about to be submitted
├── ProtectionError        cells that cannot be protected
└── BundleError            a bundle that is damaged, incomplete or forged
"""


class DisclosureControlError(Exception):
    """Base of all errors of the library."""


class InvalidInputError(DisclosureControlError, ValueError):
    """Arguments or frames do not fit; the message says what was expected."""


class UnsafeOutputError(DisclosureControlError):
    """The output is unsafe; protect it, or ask the desk to protect it."""


class ProtectionError(DisclosureControlError):
    """Some cells cannot be protected; they are named by their labels."""


class BundleError(DisclosureControlError):
    """A bundle is damaged, incomplete, or not what its manifest says."""
