"""Bundles that left a workspace become requests."""

import hashlib

import disclosure_control as dc
from enclave.custody import Custody, place_of, view_with
from enclave.errors import InputError, RefusedError
from enclave.ids import PersonName, ProjectId, RequestId
from enclave.receipts import RequestReceipt, WorkspaceReceipt
from enclave.release.store import put


def submit_bundles(
    custody: Custody, project_id: ProjectId, author: PersonName
) -> list[RequestReceipt]:
    """A request for every bundle of the project's newest work, in order of name; each made once.

    Raises:
        RefusedError: the workspace has not run.
        InputError: a bundle is not what its manifest says.
    """
    runs = [r for r in custody.registry.all(WorkspaceReceipt) if r.project_id == project_id]
    if not runs:
        raise RefusedError(
            "Bundles come from a project's workspace.",
            where=f"project {project_id}",
            next_step="run its jobs: enclave workspace run",
        )
    workspace = runs[-1]
    view = view_with(custody.registry, project_id, workspace.view)
    place = project_id if view is None else place_of(view)
    folder = custody.site.zone("workspaces") / place / "picked"
    requests = []
    for name in workspace.bundles:
        try:
            bundle = dc.read_bundle(folder / name)
        except dc.BundleError:
            raise InputError(
                "A bundle is what its manifest says.",
                where=f"project {project_id}, {name}",
                next_step="let the researcher submit again",
            ) from None
        requests.append(_request(custody, workspace, author, bundle))
    return requests


def _request(
    custody: Custody, workspace: WorkspaceReceipt, author: PersonName, bundle: dc.Bundle
) -> RequestReceipt:
    mixed = hashlib.sha256(f"{workspace.project_id}\n{bundle.digest}".encode()).hexdigest()
    request_id = RequestId(f"request-{mixed[:12]}")
    known = custody.registry.find(RequestReceipt, request_id)
    if known is not None:
        return known
    names = ["manifest.json", *(name for name, _, _ in bundle.files)]
    files = tuple(put(custody.site, name, (bundle.path / name).read_bytes()) for name in names)
    receipt = RequestReceipt(
        request_id=request_id,
        project_id=workspace.project_id,
        author=author,
        title=bundle.title,
        purpose=bundle.purpose,
        files=files,
        submitted_at=custody.clock(),
        view=workspace.view,
    )
    custody.registry.record(request_id, receipt)
    return receipt
