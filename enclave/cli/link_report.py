"""``enclave link report --html``: the quality of the links as a page and as a record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enclave.custody import Custody
    from enclave.linkage.quality.report import Quality


def write_quality(custody: Custody, out: Path) -> Quality:
    """Writes ``report.html`` and ``report.json`` of the open round to ``out``.

    Raises:
        RefusedError: the round is not linked yet.
        FindingsError: the counts cannot be protected; nothing was written.
    """
    from enclave.linkage.quality.gathered import write_site_quality

    return write_site_quality(custody, out)
