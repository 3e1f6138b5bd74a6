"""A report as one HTML page that needs nothing else."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from enclave.reports.charts import Bar, dutch, growth_chart
from enclave.reports.document import Report, Year


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("html")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["dutch"] = dutch
    environment.globals["chart"] = _chart
    return environment.get_template("report.html.j2")


def render_report(report: Report) -> str:
    """The page of a report; equal bytes for an equal report."""
    return _template().render(report=report) + "\n"


def _chart(domain: str, year: Year) -> Markup:
    bars = [Bar(figure.label, figure.points, figure.national) for figure in year.grades]
    title = f"{domain}, leergroei per groep, schooljaar {year.school_year}"
    return Markup(growth_chart(title, bars))  # noqa: S704 - every text in it is escaped there
