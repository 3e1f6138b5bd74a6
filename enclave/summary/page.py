"""Rendering the page."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from enclave.custody import Custody
from enclave.files import write_bytes
from enclave.summary.facts import gather


def write_summary(custody: Custody, target: Path) -> Path:
    """Writes the self-contained page of a site's story to ``target`` and returns it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("summary.html.j2").render(story=gather(custody))
    write_bytes(target, page.encode())
    return target
