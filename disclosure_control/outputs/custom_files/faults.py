"""What reading a file finds: a rule, what is wrong, and what to do."""

from dataclasses import dataclass

LIMITS_RULE, KIND_RULE, STRUCTURE_RULE = "file_limits", "file_kind", "structure"


@dataclass(frozen=True)
class Fault:
    """One fault of the file's form. It never quotes the file."""

    rule: str
    reason: str
    remedy: str


def over(what: str, found: int, allowed: int) -> Fault:
    """More of something than is allowed."""
    return Fault(
        LIMITS_RULE,
        f"more than {allowed:,} {what} (about {found:,})",
        "release a summary; split what is needed into smaller files",
    )
