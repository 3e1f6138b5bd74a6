"""Attackers who are in the table themselves: respondents, and what stands above them."""

from disclosure_control.insiders.find import find_insiders, read_members
from disclosure_control.insiders.guarding import guard
from disclosure_control.insiders.hardening import Hardened, harden, verify_hardened
from disclosure_control.members import Members, members_of
from disclosure_control.suppression.insiders import Insiders

__all__ = [
    "Hardened",
    "Insiders",
    "Members",
    "find_insiders",
    "guard",
    "harden",
    "members_of",
    "read_members",
    "verify_hardened",
]
