"""Release: bundles are assessed again, decided by two people, and handed over byte for byte."""

from enclave.release.decisions import decide
from enclave.release.handover import release
from enclave.release.recheck import assess
from enclave.release.states import State, state_of
from enclave.release.submission import submit_bundles

__all__ = ["State", "assess", "decide", "release", "state_of", "submit_bundles"]
