"""What happened in a journey, in words and as a record; made from receipts alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from enclave.journey import JourneyOutcome
    from enclave.receipts import LinkageReceipt


def summary_record(outcome: JourneyOutcome) -> dict[str, Any]:
    """The counts of every stage, with the details that people ask for next.

    Keys are stable: scripts read them.
    """
    return {
        **outcome.counts(),
        "stages": {
            "deliveries": {
                "reasons": _reasons(outcome),
                "rules": _rules(outcome),
            },
            "linkage": _linkage(outcome.linkage),
            "destruction": {
                "files_scanned": outcome.destruction.files_scanned,
                "identifiers_found": outcome.destruction.identifiers_found,
            }
            if outcome.destruction
            else {},
            "projects": {
                r.project_id: {"rows": r.rows, "pupils": r.pupils, "schools": r.schools}
                for r in outcome.projects
            },
            "workspaces": {
                r.project_id: {"outcome": r.outcome, "jobs": len(r.jobs), "bundles": len(r.bundles)}
                for r in outcome.workspaces
            },
            "outputs": [
                {
                    "request": assessment.request_id,
                    "output": output.name,
                    "verdict": output.verdict,
                    "action": output.action,
                    "cells": output.cells,
                    "hidden": output.hidden,
                }
                for assessment in outcome.assessments
                for output in assessment.outputs
            ],
            "waiting": list(outcome.waiting),
        },
    }


def describe(outcome: JourneyOutcome) -> str:
    """The journey step by step, for a terminal."""
    counts = outcome.counts()
    lines = [
        _line(
            1,
            "deliveries",
            f"{counts['delivered']} arrived, {counts['accepted']} accepted, "
            f"{counts['rejected']} quarantined",
        ),
        *[f"     - {reason}: {number}" for reason, number in sorted(_reasons(outcome).items())],
        f"     rows: {counts['rows_accepted']:,} accepted, {counts['rows_rejected']:,} rejected",
        _line(2, "linkage", _linkage_words(outcome)),
        _line(3, "destruction", _destruction_words(outcome)),
        *[
            _line(
                4,
                "project view",
                f"{r.rows:,} rows, {r.pupils:,} pupils and {r.schools} schools "
                "under pseudonyms of this project",
            )
            for r in outcome.projects
        ],
        *[
            _line(5, "workspace", _workspace_words(r.outcome, len(r.jobs), len(r.bundles)))
            for r in outcome.workspaces
        ],
        _line(
            6,
            "release",
            f"{counts['requests']} requests, {counts['released']} released after "
            f"two approvals, {counts['refused']} refused, "
            f"{counts['hidden_cells']} cells hidden",
        ),
        *[f"     - waits for reviewers: {request}" for request in outcome.waiting],
        _line(
            7,
            "school reports",
            f"{counts['reports']} reports, {counts['report_figures_hidden']:,} figures withheld",
        ),
    ]
    return "\n".join(lines)


def _line(number: int, name: str, words: str) -> str:
    return f"  {number}  {name:<15}{words}"


def _reasons(outcome: JourneyOutcome) -> dict[str, int]:
    return dict(Counter(r.reason for r in outcome.deliveries if r.reason is not None))


def _rules(outcome: JourneyOutcome) -> dict[str, int]:
    rules: Counter[str] = Counter()
    for receipt in outcome.deliveries:
        for count in receipt.rows_rejected:
            rules[count.rule] += count.rows
    return dict(rules)


def _linkage(receipt: LinkageReceipt | None) -> dict[str, Any]:
    if receipt is None:
        return {}
    truth = receipt.truth
    return {
        "passes": {count.name: count.linked for count in receipt.passes},
        "truth": None
        if truth is None
        else {
            "linkable": truth.linkable,
            "correct": truth.correct,
            "wrong": truth.wrong,
            "missed": truth.missed,
            "precision": truth.precision,
            "recall": truth.recall,
        },
    }


def _linkage_words(outcome: JourneyOutcome) -> str:
    receipt = outcome.linkage
    if receipt is None:
        return "not done"
    words = (
        f"{receipt.linked:,} of {receipt.delivered:,} pupils linked, {receipt.review:,} to review, "
        f"{receipt.unlinked:,} unlinked"
    )
    if receipt.truth is not None:
        words += (
            f"; against the truth: precision {receipt.truth.precision:.4f}, "
            f"recall {receipt.truth.recall:.4f}"
        )
    return words


def _destruction_words(outcome: JourneyOutcome) -> str:
    certificate = outcome.destruction
    if certificate is None:
        return "not done"
    return (
        f"identifiers of {certificate.pupils:,} pupils gone with {len(certificate.keys)} keys; "
        f"{certificate.files_scanned} files scanned, {certificate.identifiers_found} found"
    )


def _workspace_words(outcome: str, jobs: int, bundles: int) -> str:
    if outcome == "skipped":
        return "skipped at the operator's word; recorded in the ledger"
    return f"{jobs} jobs ran in the jail, {bundles} bundles taken from the outbox"
