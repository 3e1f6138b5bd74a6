"""The attacker: what can be derived about hidden cells. Shares no code with the suppression."""

from disclosure_control.audit.attack import Attack, Bounds, attack, attacker_bounds
from disclosure_control.audit.certificate import verify
from disclosure_control.audit.holds import find_unprotected
from disclosure_control.audit.subtraction import Derivation, subtract

__all__ = [
    "Attack",
    "Bounds",
    "Derivation",
    "attack",
    "attacker_bounds",
    "find_unprotected",
    "subtract",
    "verify",
]
