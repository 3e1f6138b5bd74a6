"""What the linked zone holds now, by the receipts, and which views were made from it.

Several steps write files of the linked zone. The newest receipt that names a file vouches for it;
older ones tell what it was. A new key for S numbers writes the same content under other numbers, so
what was made from the files before is not outdated by it.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from enclave.errors import InputError
from enclave.files import sha256_of
from enclave.receipts import (
    LinkageReceipt,
    ProjectReceipt,
    Receipt,
    RotationReceipt,
    SettlementReceipt,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from enclave.custody.context import Custody
    from enclave.custody.registry import Registry
    from enclave.ids import Digest, KeyName, ProjectId
    from enclave.receipts import FileDigest

WRITERS: tuple[type[Receipt], ...] = (LinkageReceipt, SettlementReceipt, RotationReceipt)
"""The kinds of receipt that vouch for files of the linked zone."""

PANEL = "panel.parquet"


def present_files(registry: Registry) -> dict[str, FileDigest]:
    """The newest digest of every file of the linked zone, by its path in the site."""
    found: dict[str, FileDigest] = {}
    for receipt in registry.history(WRITERS):
        found |= {file.path: file for file in _written(receipt)}
    return found


def present_s_keys(registry: Registry) -> tuple[KeyName, ...]:
    """The keys under which the S numbers of the linked zone are now, oldest first.

    Empty before the first linkage, and after one from before S numbers lasted.
    """
    keys: tuple[KeyName, ...] = ()
    for receipt in registry.history(WRITERS):
        match receipt:
            case RotationReceipt():
                keys = receipt.keys
            case LinkageReceipt() | SettlementReceipt():
                keys = receipt.content.s_keys if receipt.content is not None else ()
    return keys


def checked_linked(custody: Custody, names: Iterable[str]) -> list[Path]:
    """Paths of files of the linked zone, each the one of its newest receipt.

    Raises:
        InputError: one is missing or changed, or no receipt knows it.
    """
    files = present_files(custody.registry)
    paths = [custody.site.zone("linked") / name for name in names]
    for path in paths:
        known = files.get(custody.site.relative(path))
        if known is None or not path.is_file() or sha256_of(path) != known.sha256:
            raise InputError(
                "The linked data is that of its newest receipt.",
                where=f"linked, {path.name}",
                next_step="finish what was stopped: enclave link rotate, or enclave link settle; "
                "else restore the linked zone from its backup",
            )
    return paths


def views_of(registry: Registry, project_id: ProjectId) -> list[ProjectReceipt]:
    """Every view that a project was given, oldest first."""
    return [view for view in registry.all(ProjectReceipt) if view.project_id == project_id]


def view_with(
    registry: Registry, project_id: ProjectId, panel: Digest | None
) -> ProjectReceipt | None:
    """The view of a project with this panel; the first one for null; null when there is none."""
    for view in views_of(registry, project_id):
        if panel is None or panel_of(view) == panel:
            return view
    return None


def panel_of(view: ProjectReceipt) -> Digest | None:
    """The digest of a view's panel."""
    digests = [f.sha256 for f in view.files if PurePosixPath(f.path).name == PANEL]
    return digests[0] if digests else None


def place_of(view: ProjectReceipt) -> PurePosixPath:
    """Where a view lies below its zone; what is made from it lies at the same place of its own."""
    panel = next(f.path for f in view.files if PurePosixPath(f.path).name == PANEL)
    return PurePosixPath(panel).parent.relative_to("projects")


def is_outdated(registry: Registry, view: ProjectReceipt) -> bool:
    """Whether the linked data changed after a view was made from it.

    A view whose receipt does not name its files is outdated when anything but a new key came after
    the first linkage of its round.
    """
    same = _same_content(registry.history(WRITERS))
    if view.linked:
        return any(file.sha256 not in same.get(file.path, ()) for file in view.linked)
    content = registry.history((LinkageReceipt, SettlementReceipt))
    own = [
        place for place, r in enumerate(content) if getattr(r, "round_id", None) == view.round_id
    ]
    return bool(own) and own[0] != len(content) - 1


def _same_content(receipts: Sequence[Receipt]) -> dict[str, set[str]]:
    """By path: the digests of a file that all have its present content, whatever the S key."""
    same: dict[str, set[str]] = {}
    for receipt in receipts:
        new_key = isinstance(receipt, RotationReceipt)
        for file in _written(receipt):
            same[file.path] = {*(same.get(file.path, ()) if new_key else ()), file.sha256}
    return same


def _written(receipt: Receipt) -> tuple[FileDigest, ...]:
    match receipt:
        case LinkageReceipt() | SettlementReceipt():
            return receipt.outputs
        case RotationReceipt():
            return receipt.files
        case _:
            raise TypeError(type(receipt).__name__)
