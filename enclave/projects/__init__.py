"""Projects: each gets a view of its own, with its own pseudonyms and only what was granted."""

from enclave.projects.build import build_view

__all__ = ["build_view"]
