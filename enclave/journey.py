"""The order of the stages, on one page.

Each step finds the receipt of the step before it and leaves its own. A step that finds its own
receipt does nothing, so the journey may be killed at any moment and run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from enclave import deliveries, linkage, projects, release, reports, workspace
from enclave.custody import destroy_identifiers, verify_ledger
from enclave.errors import UsageError
from enclave.files import only_one, sweep_partials
from enclave.receipts import (
    AssessmentReceipt,
    DecisionReceipt,
    DeliveryReceipt,
    DestructionCertificate,
    LinkageReceipt,
    ProjectReceipt,
    ReleaseReceipt,
    ReportsReceipt,
    RequestReceipt,
    WorkspaceReceipt,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from enclave.custody import Custody
    from enclave.ids import PersonName, ProjectId


T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """One step: its number, its name, and the function that does it."""

    number: int
    name: str
    run: Callable[[Custody], object]


def run_journey(custody: Custody, *, skip_workspace: str | None = None) -> JourneyOutcome:
    """Runs every step that has not been done yet and returns what all steps left behind.

    Args:
        custody: the opened site.
        skip_workspace: a reason to go on without a sandbox; recorded in the ledger. Without it a
            machine that cannot confine the researcher's code stops the journey.

    Raises:
        EnclaveError: from the step that failed; run the journey again to go on from there.
    """
    with only_one(custody.site.root / "journey.lock", "running this site's journey"):
        sweep_partials(custody.site.root)
        for step in steps(skip_workspace):
            step.run(custody)
            custody.progress.step("journey", step.number, len(steps(skip_workspace)))
    return outcome(custody)


def steps(skip_workspace: str | None = None) -> tuple[Step, ...]:
    """The journey's steps in order."""
    return (
        Step(1, "receive deliveries", deliveries.receive_all),
        Step(2, "link to spine and education data", linkage.link_round),
        Step(3, "destroy identifiers", _destroy),
        Step(4, "build project views", _build_views),
        Step(5, "run the researcher's jobs", lambda custody: _work(custody, skip_workspace)),
        Step(6, "check, decide, release", _release),
        Step(7, "make school reports", reports.make_reports),
        Step(8, "verify the ledger", _verify),
    )


@dataclass(frozen=True)
class JourneyOutcome:
    """Everything the journey left in the registry, in ledger order."""

    deliveries: tuple[DeliveryReceipt, ...]
    linkage: LinkageReceipt | None
    destruction: DestructionCertificate | None
    projects: tuple[ProjectReceipt, ...]
    workspaces: tuple[WorkspaceReceipt, ...]
    requests: tuple[RequestReceipt, ...]
    assessments: tuple[AssessmentReceipt, ...]
    decisions: tuple[DecisionReceipt, ...]
    releases: tuple[ReleaseReceipt, ...]
    reports: tuple[ReportsReceipt, ...]
    waiting: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """The count of every stage: packages, pupils, keys, requests, cells and reports."""
        accepted = sum(receipt.outcome == "accepted" for receipt in self.deliveries)
        link, gone = self.linkage, self.destruction
        return {
            "delivered": len(self.deliveries),
            "accepted": accepted,
            "rejected": len(self.deliveries) - accepted,
            "rows_delivered": sum(receipt.rows_delivered for receipt in self.deliveries),
            "rows_accepted": sum(receipt.rows_accepted for receipt in self.deliveries),
            "rows_rejected": sum(
                count.rows for receipt in self.deliveries for count in receipt.rows_rejected
            ),
            "pupils": link.delivered if link else 0,
            "linked": link.linked if link else 0,
            "review": link.review if link else 0,
            "unlinked": link.unlinked if link else 0,
            "destroyed": gone.pupils if gone else 0,
            "keys_destroyed": len(gone.keys) if gone else 0,
            "requests": len(self.requests),
            "released": len(self.releases),
            "refused": sum(receipt.outcome == "refused" for receipt in self.assessments),
            "hidden_cells": sum(receipt.hidden_cells for receipt in self.releases),
            "reports": sum(receipt.reports for receipt in self.reports),
            "report_figures_hidden": sum(receipt.hidden for receipt in self.reports),
        }


def outcome(custody: Custody) -> JourneyOutcome:
    """What the steps have left in the registry so far."""
    registry, round_id = custody.registry, custody.config.round.id
    return JourneyOutcome(
        deliveries=tuple(registry.all(DeliveryReceipt)),
        linkage=registry.find(LinkageReceipt, round_id),
        destruction=registry.find(DestructionCertificate, round_id),
        projects=tuple(registry.all(ProjectReceipt)),
        workspaces=tuple(registry.all(WorkspaceReceipt)),
        requests=tuple(registry.all(RequestReceipt)),
        assessments=tuple(registry.all(AssessmentReceipt)),
        decisions=tuple(registry.all(DecisionReceipt)),
        releases=tuple(registry.all(ReleaseReceipt)),
        reports=tuple(registry.all(ReportsReceipt)),
        waiting=waiting_requests(custody),
    )


def waiting_requests(custody: Custody) -> tuple[str, ...]:
    """Requests that passed the checks and wait for reviewers."""
    registry = custody.registry
    return tuple(
        receipt.request_id
        for receipt in registry.all(AssessmentReceipt)
        if receipt.outcome != "refused"
        and registry.find(ReleaseReceipt, receipt.request_id) is None
    )


def _destroy(custody: Custody) -> None:
    plan = custody.config.journey
    destroy_identifiers(
        custody,
        custody.config.round.id,
        _needed(plan.operator, "operator"),
        _needed(plan.witness, "witness"),
    )


def _build_views(custody: Custody) -> None:
    for grant in custody.config.projects:
        projects.build_view(custody, grant.id)


def _work(custody: Custody, skip_reason: str | None) -> None:
    project, _ = _project_and_author(custody)
    if skip_reason is not None:
        workspace.skip_workspace(custody, project, skip_reason)
        return
    workspace.run_workspace(custody, project, _job_paths(custody))


def _job_paths(custody: Custody) -> Sequence[Path]:
    return [custody.site.root / job for job in custody.config.journey.jobs]


def _release(custody: Custody) -> None:
    project, author = _project_and_author(custody)
    for request in release.submit_bundles(custody, project, author):
        assessment = release.assess(custody, request.request_id)
        if assessment.outcome == "refused":
            continue
        for reviewer in custody.config.journey.decide_as:
            _approve(custody, assessment, reviewer)
        if len(custody.config.journey.decide_as) >= custody.config.release.minimum_reviewers:
            release.release(custody, request.request_id)


def _approve(custody: Custody, assessment: AssessmentReceipt, reviewer: PersonName) -> None:
    release.decide(
        custody,
        assessment.request_id,
        reviewer,
        decision="approve",
        comment="demonstration: decided by the journey for this reviewer",
        package_digest=assessment.package_digest,
    )


def _project_and_author(custody: Custody) -> tuple[ProjectId, PersonName]:
    plan = custody.config.journey
    return _needed(plan.project, "project"), _needed(plan.author, "author")


def _needed(value: T | None, key: str) -> T:
    if value is None:
        raise UsageError(
            f"The journey needs journey.{key}.",
            where="enclave.toml, section journey",
            next_step=f"set {key} there and run the journey again",
        )
    return value


def _verify(custody: Custody) -> None:
    custody.registry.checkpoint()
    verdict = verify_ledger(custody)
    verdict.require_ok()
