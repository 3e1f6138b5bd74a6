"""Handing files over: the last look at signatures and bytes, and never a release without a record.

Order: everything is checked, the receipt is written to the ledger, then the folder appears in one
step. Killed between the two, the next call finds the receipt and lets the folder appear.
"""

import shutil
from pathlib import Path

from enclave.custody import Custody
from enclave.errors import RefusedError
from enclave.files import atomic_path
from enclave.ids import PersonName, RequestId
from enclave.receipts import AssessmentReceipt, ReleaseReceipt
from enclave.release.decisions import find_case, is_signed
from enclave.release.permissions import may_decide
from enclave.release.policies import check_can_release
from enclave.release.states import APPROVE, Case, counting, state_of
from enclave.release.store import get, package_digest


def release(custody: Custody, request_id: RequestId) -> ReleaseReceipt:
    """Hands a request's files over; returns the receipt when that was done before.

    Raises:
        RefusedError: not approved by enough permitted reviewers over these bytes.
        InputError: stored bytes are not those that were approved.
    """
    case = find_case(custody, request_id)
    if case.released is not None:
        _appear(custody, case.released)
        return case.released
    check_can_release(state_of(case, custody.config.release.minimum_reviewers))
    assessment, reviewers = _checked(custody, case)
    for file in assessment.released_files:
        get(custody.site, file)
    receipt = ReleaseReceipt(
        request_id=request_id,
        project_id=case.request.project_id,
        package_digest=assessment.package_digest,
        files=assessment.released_files,
        reviewers=reviewers,
        hidden_cells=sum(output.hidden for output in assessment.outputs),
        released_at=custody.clock(),
    )
    custody.registry.record(request_id, receipt)
    custody.registry.checkpoint()
    _appear(custody, receipt)
    return receipt


def _checked(custody: Custody, case: Case) -> tuple[AssessmentReceipt, tuple[PersonName, ...]]:
    """The assessment and the reviewers whose signed approvals count, each once."""
    assessment = case.assessment
    good = {
        receipt.reviewer
        for receipt in counting(case)
        if receipt.decision == APPROVE
        and may_decide(custody.config, case.request, receipt.reviewer)
        and is_signed(custody, receipt)
    }
    if (
        assessment is None
        or len(good) < custody.config.release.minimum_reviewers
        or package_digest(assessment.released_files) != assessment.package_digest
    ):
        raise RefusedError(
            "Enough permitted reviewers have signed exactly these bytes.",
            where=f"request {case.request.request_id}, {len(good)} valid approvals",
            next_step="let reviewers decide on the request's page",
        )
    return assessment, tuple(sorted(good))


def _appear(custody: Custody, receipt: ReleaseReceipt) -> None:
    """Lets the folder with the released files appear whole, or leaves it as it is."""
    target = custody.site.zone("released") / receipt.request_id
    if _is_whole(custody, receipt, target):
        return
    aside = target.with_name(f".partial-{receipt.request_id}")
    shutil.rmtree(aside, ignore_errors=True)
    for file in receipt.files:
        with atomic_path(aside / file.path) as temporary:
            temporary.write_bytes(get(custody.site, file))
    if target.exists():
        raise RefusedError(
            "A released folder holds exactly the released files.",
            where=f"released, {receipt.request_id}",
            next_step="move the changed folder away and hand over again",
        )
    aside.rename(target)


def _is_whole(custody: Custody, receipt: ReleaseReceipt, target: Path) -> bool:
    if not target.is_dir():
        return False
    names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    return names == {file.path for file in receipt.files} and all(
        (target / file.path).read_bytes() == get(custody.site, file) for file in receipt.files
    )
