"""Linking any two files: no site, no registers, the same passes and pattern table."""

from enclave.linkage.frames.report import Report
from enclave.linkage.frames.run import Job, link_frames

__all__ = ["Job", "Report", "link_frames"]
