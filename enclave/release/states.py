"""The life of a request. Its state is derived from receipts; nothing stores it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from enclave.custody import Registry
from enclave.ids import PersonName, RequestId
from enclave.receipts import AssessmentReceipt, DecisionReceipt, ReleaseReceipt, RequestReceipt

APPROVE, CHANGES, REJECT = "approve", "request changes", "reject"
DECISIONS = (APPROVE, CHANGES, REJECT)
REFUSED_OUTCOME = "refused"


class State(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    IN_REVIEW = "in review"
    PARTIALLY_REVIEWED = "partially reviewed"
    CHANGES_REQUESTED = "changes requested"
    REJECTED = "rejected"
    APPROVED = "approved"
    RELEASED = "released"


TRANSITIONS: dict[State, tuple[tuple[str, State], ...]] = {
    State.SUBMITTED: (
        ("assessed: safe, or protected", State.IN_REVIEW),
        ("assessed: unsafe", State.REFUSED),
    ),
    State.IN_REVIEW: (
        ("first decision", State.PARTIALLY_REVIEWED),
        ("rejected by a reviewer", State.REJECTED),
    ),
    State.PARTIALLY_REVIEWED: (
        ("enough reviewers approve", State.APPROVED),
        ("a reviewer wants changes", State.CHANGES_REQUESTED),
        ("rejected by a reviewer", State.REJECTED),
    ),
    State.APPROVED: (("handed over", State.RELEASED),),
    State.REFUSED: (),
    State.CHANGES_REQUESTED: (),
    State.REJECTED: (),
    State.RELEASED: (),
}
"""What can happen in each state and where it leads. A refused request is submitted anew."""


@dataclass(frozen=True)
class Case:
    """A request with everything the registry holds about it."""

    request: RequestReceipt
    assessment: AssessmentReceipt | None
    decisions: tuple[DecisionReceipt, ...]
    released: ReleaseReceipt | None


def read_case(registry: Registry, request_id: RequestId) -> Case | None:
    """The case of a request, or null when there is no such request."""
    request = registry.find(RequestReceipt, request_id)
    if request is None:
        return None
    decisions = tuple(
        receipt for receipt in registry.all(DecisionReceipt) if receipt.request_id == request_id
    )
    return Case(
        request,
        registry.find(AssessmentReceipt, request_id),
        decisions,
        registry.find(ReleaseReceipt, request_id),
    )


def state_of(case: Case, minimum_reviewers: int) -> State:  # noqa: PLR0911 - one return a state
    """The state that the receipts amount to. Decisions on other bytes do not count."""
    if case.released is not None:
        return State.RELEASED
    if case.assessment is None:
        return State.SUBMITTED
    if case.assessment.outcome == REFUSED_OUTCOME:
        return State.REFUSED
    counted = counting(case)
    said = [receipt.decision for receipt in counted]
    if any(decision not in DECISIONS for decision in said) or REJECT in said:
        return State.REJECTED
    if not said:
        return State.IN_REVIEW
    if len(approvers(counted)) >= minimum_reviewers and CHANGES not in said:
        return State.APPROVED
    if len({receipt.reviewer for receipt in counted}) >= minimum_reviewers:
        return State.CHANGES_REQUESTED
    return State.PARTIALLY_REVIEWED


def counting(case: Case) -> tuple[DecisionReceipt, ...]:
    """The decisions on exactly the bytes that were assessed."""
    if case.assessment is None:
        return ()
    digest = case.assessment.package_digest
    return tuple(receipt for receipt in case.decisions if receipt.package_digest == digest)


def approvers(decisions: Sequence[DecisionReceipt]) -> set[PersonName]:
    """Who approved; each person once."""
    return {receipt.reviewer for receipt in decisions if receipt.decision == APPROVE}


def mermaid() -> str:
    """The life of a request as a Mermaid diagram, drawn from ``TRANSITIONS``."""
    lines = ["stateDiagram-v2", f"    [*] --> {_node(State.SUBMITTED)}: submitted"]
    for state, ways in TRANSITIONS.items():
        lines += [f"    {_node(state)} --> {_node(to)}: {why}" for why, to in ways]
        if not ways:
            lines.append(f"    {_node(state)} --> [*]")
    return "\n".join(lines) + "\n"


def _node(state: State) -> str:
    return state.value.replace(" ", "_")
