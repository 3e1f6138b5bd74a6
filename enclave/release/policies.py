"""May this be done in this state? No storage, no person."""

from collections.abc import Callable

from enclave.errors import RefusedError
from enclave.release.states import State

DECIDABLE = (State.IN_REVIEW, State.PARTIALLY_REVIEWED)


def check_can_assess(state: State) -> None:
    """Raises unless the request waits for its assessment."""
    if state is not State.SUBMITTED:
        raise _refusal("A request is assessed once, after it was submitted.", state)


def check_can_decide(state: State) -> None:
    """Raises unless reviewers may decide now."""
    if state not in DECIDABLE:
        raise _refusal("Reviewers decide while a request is in review.", state)


def check_can_release(state: State) -> None:
    """Raises unless enough reviewers approved and nobody objects."""
    if state is not State.APPROVED:
        raise _refusal("Files leave after enough reviewers approved the same bytes.", state)


def is_allowed(check: Callable[[State], None], state: State) -> bool:
    """The boolean twin of a check."""
    try:
        check(state)
    except RefusedError:
        return False
    return True


def _refusal(expected: str, state: State) -> RefusedError:
    return RefusedError(expected, where=f"the request is {state.value}", next_step="see its page")
