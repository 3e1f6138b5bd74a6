"""The workspace: research code runs in a jail; only bundles leave its outbox."""

from enclave.workspace.doctor import Check, examine
from enclave.workspace.stage import run_workspace, skip_workspace

__all__ = ["Check", "examine", "run_workspace", "skip_workspace"]
