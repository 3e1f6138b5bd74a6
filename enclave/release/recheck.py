"""Assessing a request: its stored files are laid out anew and judged by another process."""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from enclave import __version__
from enclave.custody import Custody, view_with
from enclave.errors import InputError, RefusedError
from enclave.files import sha256_of
from enclave.ids import Digest, RequestId
from enclave.receipts import (
    AssessmentReceipt,
    FileDigest,
    OutputAssessment,
    RequestReceipt,
    RuleCount,
)
from enclave.release.judging import REFUSED
from enclave.release.states import REFUSED_OUTCOME
from enclave.release.store import get, package_digest, put

SECONDS = 900
IN_REVIEW = "in review"


def assess(custody: Custody, request_id: RequestId) -> AssessmentReceipt:
    """The desk's verdict on a request; returned as it is when it was given before.

    A judging process that crashes, hangs or answers nonsense means: refused.

    Raises:
        RefusedError: no such request.
        InputError: a stored file or the project's view was changed.
    """
    done = custody.registry.find(AssessmentReceipt, request_id)
    if done is not None:
        return done
    request = custody.registry.find(RequestReceipt, request_id)
    if request is None:
        raise RefusedError(
            "There is such a request.", where=str(request_id), next_step="enclave release list"
        )
    answer = _judge(custody, request)
    outputs = _outputs(answer)
    refused = not outputs or any(output.action == REFUSED for output in outputs)
    files = () if refused or answer is None else _store(custody, request, answer)
    receipt = AssessmentReceipt(
        request_id=request_id,
        policy=custody.config.release.policy,
        outcome=REFUSED_OUTCOME if refused else IN_REVIEW,
        outputs=outputs,
        released_files=files,
        package_digest=package_digest(files),
        assessed_at=custody.clock(),
    )
    custody.registry.record(request_id, receipt)
    return receipt


def _judge(custody: Custody, request: RequestReceipt) -> dict[str, Any] | None:
    """The answer of the judging process, null when it gave none."""
    view = _checked_view(custody, request)
    with tempfile.TemporaryDirectory(dir=custody.site.zone("release"), prefix=".judge-") as aside:
        for file in request.files:
            place = Path(aside) / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(get(custody.site, file))
        task = {
            "bundle": aside,
            "view": str(view),
            "unit": "pupil",
            "entity": "school",
            "policy": custody.config.release.policy,
            "on_unsafe": custody.config.release.on_unsafe,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", "enclave.release.judging"],
                input=json.dumps(task),
                capture_output=True,
                text=True,
                timeout=SECONDS,
                env={"LANG": "C.UTF-8"},
                check=True,
            )
            answer: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.SubprocessError, OSError, ValueError):
            return None
    return answer


def _checked_view(custody: Custody, request: RequestReceipt) -> Path:
    receipt = view_with(custody.registry, request.project_id, request.view)
    panel = [f for f in (receipt.files if receipt else ()) if f.path.endswith("panel.parquet")]
    if not panel or sha256_of(custody.site.root / panel[0].path) != panel[0].sha256:
        raise InputError(
            "The project's view is the one of its receipt.",
            where=f"project {request.project_id}",
            next_step="restore the view from its backup",
        )
    return custody.site.root / panel[0].path


def _outputs(answer: dict[str, Any] | None) -> tuple[OutputAssessment, ...]:
    """The assessed outputs, empty (so: refused) when the answer is not of its form."""
    if answer is None:
        return ()
    try:
        rows = [
            {**row, "findings": [RuleCount(rule, rows) for rule, rows in row["findings"]]}
            for row in answer["outputs"]
        ]
        return tuple(msgspec.convert(row, OutputAssessment) for row in rows)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError):
        return ()


def _store(
    custody: Custody, request: RequestReceipt, answer: dict[str, Any]
) -> tuple[FileDigest, ...]:
    """Stores what would leave: tables, charts and a record of how they came to be."""
    files = [
        put(custody.site, name, base64.b64decode(data)) for name, data in answer["files"].items()
    ]
    record = {
        "request": request.request_id,
        "title": request.title,
        "purpose": request.purpose,
        "population": answer["population"],
        "variables": answer["variables"],
        "policy": custody.config.release.policy,
        "tool": f"enclave {__version__}",
        "hidden": ". = not shown (secret, or too unreliable); which of the two is not told",
        "outputs": [
            {key: row[key] for key in ("name", "statistic", "action", "cells", "hidden")}
            for row in answer["outputs"]
        ],
        "files": {file.path: Digest(file.sha256) for file in files},
    }
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    files.append(put(custody.site, "release.json", text.encode()))
    return tuple(sorted(files, key=lambda file: file.path))
