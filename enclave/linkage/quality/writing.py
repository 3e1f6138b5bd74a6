"""The report on disk: ``report.json`` and ``report.html``, each whole or not there."""

from pathlib import Path

from enclave.files import write_bytes
from enclave.linkage.quality.checking import check_quality
from enclave.linkage.quality.page import render_quality
from enclave.linkage.quality.report import Quality, to_json

JSON_NAME, PAGE_NAME = "report.json", "report.html"


def write_report(quality: Quality, folder: Path) -> tuple[Path, Path]:
    """Writes the page and the record after both were made and checked; returns their paths.

    Raises:
        FindingsError: a small count is shown or can be computed; nothing was written.
    """
    check_quality(quality)
    page, record = render_quality(quality).encode(), to_json(quality)
    paths = folder / PAGE_NAME, folder / JSON_NAME
    for path, content in zip(paths, (page, record), strict=True):
        write_bytes(path, content)
    return paths
