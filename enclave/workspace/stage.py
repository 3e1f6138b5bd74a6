"""Running a project's jobs on its view, and taking the bundles out of its outbox."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from enclave.custody import Custody
from enclave.errors import FindingsError, InputError, RefusedError
from enclave.files import sha256_of
from enclave.ids import ProjectId
from enclave.receipts import JobRun, ProjectReceipt, WorkspaceReceipt
from enclave.workspace.jail import TIMED_OUT, Cell, check_confinement, run_in_jail
from enclave.workspace.jail_runner import is_notebook
from enclave.workspace.outbox import pick_up
from enclave.workspace.sandbox import Sandbox, find_sandbox, jail_uid

JOB_SECONDS = 1800.0


@dataclass(frozen=True)
class _Folders:
    data: Path
    work: Path
    outbox: Path
    picked: Path
    logs: Path


def run_workspace(
    custody: Custody, project_id: ProjectId, jobs: Sequence[Path]
) -> WorkspaceReceipt:
    """Runs ``jobs`` one after another in the project's jail; returns the receipt of an earlier run.

    Raises:
        RefusedError: the project has no view, or this machine cannot confine the jobs.
        InputError: a job or the view is missing or changed.
        FindingsError: a job failed; its own words are in the workspace's log.
    """
    done = custody.registry.find(WorkspaceReceipt, project_id)
    if done is not None:
        return done
    view = _view(custody, project_id)
    for job in jobs:
        if not job.is_file():
            raise InputError("Every job is a file.", where=f"job {job.name}", next_step="name it")
    sandbox, uid = find_sandbox(), jail_uid(project_id)
    check_confinement(sandbox, uid)
    folders = _fresh_folders(custody, project_id, view, uid)
    runs = []
    for number, job in enumerate(jobs, start=1):
        runs.append(_run(sandbox, folders, job, uid))
        custody.progress.step("research jobs", number, len(jobs))
    picked = pick_up(folders.outbox, folders.picked)
    if picked.refused:
        custody.registry.event(
            "outbox entries refused", {"project": project_id, "entries": picked.refused}
        )
    receipt = WorkspaceReceipt(
        project_id=project_id,
        outcome="ran",
        reason=None,
        sandbox=f"bubblewrap {sandbox.version}",
        sandbox_sha256=sandbox.sha256,
        jobs=tuple(runs),
        bundles=picked.bundles,
        finished_at=custody.clock(),
    )
    custody.registry.record(project_id, receipt)
    return receipt


def skip_workspace(custody: Custody, project_id: ProjectId, reason: str) -> WorkspaceReceipt:
    """Records that the jobs were not run, and why; nothing is released for the project then."""
    done = custody.registry.find(WorkspaceReceipt, project_id)
    if done is not None:
        return done
    receipt = WorkspaceReceipt(
        project_id=project_id,
        outcome="skipped",
        reason=reason,
        sandbox="none",
        sandbox_sha256=None,
        jobs=(),
        bundles=(),
        finished_at=custody.clock(),
    )
    custody.registry.record(project_id, receipt)
    return receipt


def _view(custody: Custody, project_id: ProjectId) -> list[Path]:
    receipt = custody.registry.find(ProjectReceipt, project_id)
    if receipt is None:
        raise RefusedError(
            "Jobs run on a project's view.",
            where=f"project {project_id}",
            next_step="build it: enclave project build",
        )
    paths = [custody.site.root / file.path for file in receipt.files]
    for path, file in zip(paths, receipt.files, strict=True):
        if not path.is_file() or sha256_of(path) != file.sha256:
            raise InputError(
                "The view is the one of its receipt.",
                where=f"project {project_id}",
                next_step="restore it from its backup",
            )
    return paths


def _fresh_folders(
    custody: Custody, project_id: ProjectId, view: list[Path], uid: int | None
) -> _Folders:
    """Empty folders for a run; what a killed run left is thrown away."""
    base = custody.site.zone("workspaces") / project_id
    folders = _Folders(*(base / name for name in ("data", "work", "outbox", "picked", "logs")))
    for folder in (folders.data, folders.work, folders.outbox, folders.picked, folders.logs):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    for path in view:
        copy = folders.data / path.name
        shutil.copyfile(path, copy)
        copy.chmod(0o444)
    folders.data.chmod(0o555)
    if uid is not None:
        for folder in (folders.work, folders.outbox):
            os.chown(folder, uid, uid)
    return folders


def _run(sandbox: Sandbox, folders: _Folders, job: Path, uid: int | None) -> JobRun:
    kind = "notebook" if is_notebook(job) else "script"
    copy = folders.logs / job.name
    shutil.copyfile(job, copy)
    copy.chmod(0o444)
    cell = Cell(folders.data, folders.work, folders.outbox, uid)
    started = time.monotonic()
    with (folders.logs / f"{job.stem}.log").open("wb") as log:
        code = run_in_jail(sandbox, cell, copy, log, JOB_SECONDS)
    if code != 0:
        what = "took too long" if code == TIMED_OUT else f"ended with exit code {code}"
        raise FindingsError(
            "Every job ends well.",
            where=f"job {job.name} {what}",
            next_step="read its log in the workspace, mend the job, run again",
        )
    return JobRun(job.name, kind, code, round(time.monotonic() - started, 1))
