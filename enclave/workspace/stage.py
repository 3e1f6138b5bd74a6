"""Running a project's jobs on its view, and taking the bundles out of its outbox."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from enclave.custody import Custody, panel_of, place_of, view_with, views_of
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

    They run on the project's newest view, and once on each.

    Raises:
        RefusedError: the project has no view, or this machine cannot confine the jobs.
        InputError: a job or the view is missing or changed.
        FindingsError: a job failed; its own words are in the workspace's log.
    """
    view = _newest(custody, project_id)
    done = _done(custody, project_id, view)
    if done is not None:
        return done
    if view is None:
        raise RefusedError(
            "Jobs run on a project's view.",
            where=f"project {project_id}",
            next_step="build it: enclave project build",
        )
    paths = _checked_files(custody, view)
    for job in jobs:
        if not job.is_file():
            raise InputError("Every job is a file.", where=f"job {job.name}", next_step="name it")
    sandbox, uid = find_sandbox(), jail_uid(project_id)
    check_confinement(sandbox, uid)
    folders = _fresh_folders(custody.site.zone("workspaces") / place_of(view), paths, uid)
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
        view=panel_of(view),
    )
    custody.registry.record(_key(project_id, view), receipt)
    return receipt


def skip_workspace(custody: Custody, project_id: ProjectId, reason: str) -> WorkspaceReceipt:
    """Records that the jobs were not run, and why; nothing is released for the project then."""
    view = _newest(custody, project_id)
    done = _done(custody, project_id, view)
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
        view=None if view is None else panel_of(view),
    )
    custody.registry.record(_key(project_id, view), receipt)
    return receipt


def _newest(custody: Custody, project_id: ProjectId) -> ProjectReceipt | None:
    views = views_of(custody.registry, project_id)
    return views[-1] if views else None


def _done(
    custody: Custody, project_id: ProjectId, view: ProjectReceipt | None
) -> WorkspaceReceipt | None:
    """What was done on a view already; null when nothing was."""
    for receipt in custody.registry.all(WorkspaceReceipt):
        worked_on = view_with(custody.registry, project_id, receipt.view)
        same = view is None or (worked_on is not None and panel_of(worked_on) == panel_of(view))
        if receipt.project_id == project_id and same:
            return receipt
    return None


def _key(project_id: ProjectId, view: ProjectReceipt | None) -> str:
    """The registry's key for work on a view; without a view that of the project alone."""
    return project_id if view is None else f"{project_id}/{view.round_id}/{view.number}"


def _checked_files(custody: Custody, view: ProjectReceipt) -> list[Path]:
    paths = [custody.site.root / file.path for file in view.files]
    for path, file in zip(paths, view.files, strict=True):
        if not path.is_file() or sha256_of(path) != file.sha256:
            raise InputError(
                "The view is the one of its receipt.",
                where=f"project {view.project_id}",
                next_step="restore it from its backup",
            )
    return paths


def _fresh_folders(base: Path, view: list[Path], uid: int | None) -> _Folders:
    """Empty folders for a run; what a killed run left is thrown away."""
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
