"""Who may do what, in which state: truth tables."""

import datetime as dt

import pytest

from enclave.errors import RefusedError
from enclave.receipts import AssessmentReceipt, DecisionReceipt, ReleaseReceipt, RequestReceipt
from enclave.release import policies
from enclave.release.permissions import check_may_decide, may_decide
from enclave.release.states import TRANSITIONS, Case, State, mermaid, state_of
from enclave.site import Config, Person, ProjectGrant, RegistersConfig, RoundConfig

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
ROLES = ("reviewer", "researcher", "steward", "operator", "witness", "auditor")
CONFIG = Config(
    round=RoundConfig(id="r", reference_date=dt.date(2026, 7, 1), school_years=("2025-2026",)),
    registers=RegistersConfig(population_spine="a", background="b", enrolments="c", schools="d"),
    people=(
        *(Person(name=f"{role}-1", role=role) for role in ROLES),
        Person(name="member-1", role="reviewer"),
        Person(name="author-1", role="reviewer"),
    ),
    projects=(ProjectGrant(id="p", purpose="x", members=("member-1",), columns=()),),
)
REQUEST = RequestReceipt(
    request_id="q",
    project_id="p",
    author="author-1",
    title="t",
    purpose="x",
    files=(),
    submitted_at=NOW,
)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("reviewer-1", True),
        ("researcher-1", False),
        ("steward-1", False),
        ("operator-1", False),
        ("witness-1", False),
        ("auditor-1", False),
        ("member-1", False),
        ("author-1", False),
        ("nobody", False),
        ("", False),
    ],
)
def test_only_a_reviewer_outside_the_project_who_is_not_the_author_decides(name, allowed):
    assert may_decide(CONFIG, REQUEST, name) is allowed
    if not allowed:
        with pytest.raises(RefusedError):
            check_may_decide(CONFIG, REQUEST, name)


@pytest.mark.parametrize("state", list(State))
def test_each_action_belongs_to_its_states(state):
    decidable = state in {State.IN_REVIEW, State.PARTIALLY_REVIEWED}
    assert policies.is_allowed(policies.check_can_decide, state) is decidable
    assert policies.is_allowed(policies.check_can_assess, state) is (state is State.SUBMITTED)
    assert policies.is_allowed(policies.check_can_release, state) is (state is State.APPROVED)


def assessed(outcome="in review"):
    return AssessmentReceipt(
        request_id="q", policy="cbs", outcome=outcome, outputs=(), released_files=(),
        package_digest="d1", assessed_at=NOW,
    )  # fmt: skip


def said(reviewer, decision, digest="d1"):
    return DecisionReceipt(
        request_id="q", reviewer=reviewer, decision=decision, comment="", package_digest=digest,
        decided_at=NOW, signature="",
    )  # fmt: skip


RELEASED = ReleaseReceipt(
    request_id="q",
    project_id="p",
    package_digest="d1",
    files=(),
    reviewers=(),
    hidden_cells=0,
    released_at=NOW,
)


@pytest.mark.parametrize(
    ("assessment", "decisions", "released", "state"),
    [
        (None, (), None, State.SUBMITTED),
        (assessed("refused"), (), None, State.REFUSED),
        (assessed(), (), None, State.IN_REVIEW),
        (assessed(), (said("a", "approve"),), None, State.PARTIALLY_REVIEWED),
        (assessed(), (said("a", "approve"), said("b", "approve")), None, State.APPROVED),
        (assessed(), (said("a", "approve"), said("a", "approve")), None, State.PARTIALLY_REVIEWED),
        (
            assessed(),
            (said("a", "approve"), said("b", "approve", "d2")),
            None,
            State.PARTIALLY_REVIEWED,
        ),
        (assessed(), (said("a", "approve"), said("b", "reject")), None, State.REJECTED),
        (assessed(), (said("a", "reject"),), None, State.REJECTED),
        (assessed(), (said("a", "request changes"),), None, State.PARTIALLY_REVIEWED),
        (
            assessed(),
            (said("a", "approve"), said("b", "request changes")),
            None,
            State.CHANGES_REQUESTED,
        ),
        (
            assessed(),
            (said("a", "approve"), said("b", "approve"), said("c", "request changes")),
            None,
            State.CHANGES_REQUESTED,
        ),
        (assessed(), (said("a", "whatever"),), None, State.REJECTED),
        (assessed(), (said("a", "approve"), said("b", "approve")), RELEASED, State.RELEASED),
    ],
)
def test_the_state_is_what_the_receipts_amount_to(assessment, decisions, released, state):
    assert state_of(Case(REQUEST, assessment, decisions, released), 2) is state


def test_every_state_is_in_the_table_of_transitions_and_in_the_diagram():
    assert set(TRANSITIONS) == set(State)
    reached = {State.SUBMITTED} | {to for ways in TRANSITIONS.values() for _, to in ways}
    assert reached == set(State)
    for state in State:
        assert state.value.replace(" ", "_") in mermaid()
