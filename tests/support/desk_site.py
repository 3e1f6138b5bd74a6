"""A small site with one request in review, made by the real functions from a hand-made view."""

import datetime as dt

import polars as pl

import disclosure_control as dc
from enclave import release
from enclave.clock import system_clock
from enclave.custody import init_site
from enclave.files import file_digest
from enclave.receipts import ProjectReceipt, WorkspaceReceipt
from enclave.site import Config, Person, ProjectGrant, RegistersConfig, RoundConfig

PEOPLE = ("researcher-1", "reviewer-1", "reviewer-2", "auditor-1")
PASSWORD = "a long password for tests"
COUNTS = {
    ("N", "x"): 30,
    ("N", "y"): 25,
    ("N", "z"): 20,
    ("S", "x"): 40,
    ("S", "y"): 4,
    ("S", "z"): 18,
}


def panel():
    rows = [key for key, number in COUNTS.items() for _ in range(number)]
    frame = pl.DataFrame(rows, schema=["reg", "cat"], orient="row")
    return frame.with_columns(
        pupil=pl.format("p{}", pl.int_range(pl.len())),
        school=pl.format("s{}", pl.int_range(pl.len()) % 7),
    )


def config():
    return Config(
        round=RoundConfig(id="r", reference_date=dt.date(2026, 7, 1), school_years=("2025-2026",)),
        registers=RegistersConfig(
            population_spine="a", background="b", enrolments="c", schools="d"
        ),
        people=(
            *(Person(name=name, role=name.rpartition("-")[0]) for name in PEOPLE),
            Person(name="member-1", role="reviewer"),
        ),
        projects=(
            ProjectGrant(id="p", purpose="x", members=("researcher-1", "member-1"), columns=()),
        ),
    )


def make_desk_site(root, title="Regions <script>alert(1)</script>"):
    """The request's id; the site at ``root`` has one protected table in review."""
    with init_site(root, config(), system_clock) as custody:
        folder = custody.site.zone("projects") / "p"
        folder.mkdir(exist_ok=True)
        panel().write_parquet(folder / "panel.parquet")
        custody.registry.record(
            "p",
            ProjectReceipt(
                project_id="p", round_id="r", columns=(), rows=1, pupils=1, schools=1,
                files=(file_digest(custody.site, folder / "panel.parquet"),), pseudonym_key="k",
                built_at=system_clock(),
            ),
        )  # fmt: skip
        picked = custody.site.zone("workspaces") / "p" / "picked"
        study = dc.Study(policy="cbs", unit="pupil", entity="school")
        output = study.crosstab(panel(), rows=["reg"], columns=["cat"], title=title).protect()
        receipt = study.submit(
            picked, output, title=title, purpose="purpose <b>bold</b>", population="made up",
            variables={"reg": "region", "cat": "category"},
        )  # fmt: skip
        custody.registry.record(
            "p",
            WorkspaceReceipt(
                project_id="p", outcome="ran", reason=None, sandbox="x", sandbox_sha256=None, jobs=(),
                bundles=(receipt.bundle,), finished_at=system_clock(),
            ),
        )  # fmt: skip
        (request,) = release.submit_bundles(custody, "p", "researcher-1")
        release.assess(custody, request.request_id)
        return request.request_id
