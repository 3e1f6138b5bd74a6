"""What the page tells, gathered from the registry and from files that were released."""

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from enclave.custody import Custody
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

MAXIMUM_ROWS = 60


@dataclass(frozen=True)
class ReleasedTable:
    """One released table: title, header and rows as text."""

    name: str
    title: str
    header: list[str]
    rows: list[list[str]]
    more: int


@dataclass(frozen=True)
class Story:
    """Everything on the page."""

    deliveries: list[DeliveryReceipt]
    reasons: dict[str, int]
    rules: dict[str, int]
    linkage: LinkageReceipt | None
    destruction: DestructionCertificate | None
    projects: list[ProjectReceipt]
    workspaces: list[WorkspaceReceipt]
    requests: list[tuple[RequestReceipt, AssessmentReceipt | None, list[DecisionReceipt]]]
    released: dict[str, list[ReleasedTable]]
    releases: list[ReleaseReceipt]
    reports: list[ReportsReceipt]
    sample: str | None
    checkpoint: str


def gather(custody: Custody) -> Story:
    """The story of a site so far."""
    registry = custody.registry
    deliveries = registry.all(DeliveryReceipt)
    rules: Counter[str] = Counter()
    for receipt in deliveries:
        rules.update({count.rule: count.rows for count in receipt.rows_rejected})
    assessments = {receipt.request_id: receipt for receipt in registry.all(AssessmentReceipt)}
    decisions = registry.all(DecisionReceipt)
    requests = [
        (
            request,
            assessments.get(request.request_id),
            [one for one in decisions if one.request_id == request.request_id],
        )
        for request in registry.all(RequestReceipt)
    ]
    releases = registry.all(ReleaseReceipt)
    round_id = custody.config.round.id
    return Story(
        deliveries=deliveries,
        reasons=dict(sorted(Counter(r.reason for r in deliveries if r.reason).items())),
        rules=dict(rules.most_common()),
        linkage=registry.find(LinkageReceipt, round_id),
        destruction=registry.find(DestructionCertificate, round_id),
        projects=registry.all(ProjectReceipt),
        workspaces=registry.all(WorkspaceReceipt),
        requests=requests,
        released={str(r.request_id): _tables(custody, r) for r in releases},
        releases=releases,
        reports=registry.all(ReportsReceipt),
        sample=_sample(custody),
        checkpoint=_checkpoint(custody),
    )


def _tables(custody: Custody, receipt: ReleaseReceipt) -> list[ReleasedTable]:
    folder = custody.site.zone("released") / receipt.request_id
    tables = []
    for file in receipt.files:
        path = folder / file.path
        if path.suffix == ".csv" and ".file" not in path.stem and path.is_file():
            tables.append(_table(path))
    return tables


def _table(path: Path) -> ReleasedTable:
    lines = path.read_text(encoding="utf-8").splitlines()
    title = next((line[2:] for line in lines if line.startswith("# ")), path.stem)
    plain = "\n".join(line for line in lines if not line.startswith("#"))
    rows = list(csv.reader(io.StringIO(plain)))
    header, body = rows[0], rows[1:]
    return ReleasedTable(path.stem, title, header, body[:MAXIMUM_ROWS], len(body[MAXIMUM_ROWS:]))


def _sample(custody: Custody) -> str | None:
    """The first report of the newest edition, as it is."""
    folders = sorted(path for path in custody.site.zone("reports").iterdir() if path.is_dir())
    for folder in reversed(folders):
        manifest = folder / "manifest.json"
        if manifest.is_file():
            reports = json.loads(manifest.read_text(encoding="utf-8"))["reports"]
            if reports:
                path = folder / f"{reports[0]['report_id']}.html"
                return path.read_text(encoding="utf-8")
    return None


def _checkpoint(custody: Custody) -> str:
    path = custody.site.root / "checkpoint.txt"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
