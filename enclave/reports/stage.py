"""Making all school reports of an edition as one protected release."""

import shutil
from pathlib import Path

import msgspec
import polars as pl

import disclosure_control as dc
from enclave.custody import Custody, checked_linked
from enclave.errors import RefusedError, UsageError
from enclave.files import atomic_path, file_digest, only_one, sha256_of
from enclave.ids import KeyName
from enclave.receipts import DestructionCertificate, ReportsReceipt
from enclave.reports.document import Report, reports_of
from enclave.reports.growth import NationalRule, pupil_growth, school_figures
from enclave.reports.protection import protect_figures
from enclave.reports.render import render_report

MANIFEST = "manifest.json"
INDEX = "index.parquet"


def make_reports(custody: Custody) -> ReportsReceipt:
    """Makes the report of every school; returns the receipt when the edition was made before.

    Raises:
        RefusedError: the identifiers of the round are not destroyed yet, or the linked zone is
            being written.
        InputError: the linked data is not that of its receipt.
        FindingsError: the post-condition on figures does not hold; nothing is written.
    """
    config = custody.config
    edition = f"{config.round.id}-{config.reports.edition}"
    key = f"{config.round.id}/{config.reports.edition}"
    done = custody.registry.find(ReportsReceipt, key)
    target = custody.site.zone("reports") / edition
    aside = target.with_name(f".partial-{edition}")
    if done is not None:
        return done
    if custody.registry.find(DestructionCertificate, config.round.id) is None:
        raise RefusedError(
            "Reports are made after the identifiers are destroyed.",
            where=f"round {config.round.id}",
            next_step="destroy them: enclave destruction run",
        )
    # Nobody may write the linked zone anew between the check of its files and their reading.
    with only_one(custody.site.root / "linkage.lock", "linking this site's round"):
        protected = _protected(custody)
    shutil.rmtree(aside, ignore_errors=True)
    made, without = _write_all(custody, protected, edition, aside)
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)
    receipt = ReportsReceipt(
        round_id=config.round.id,
        edition=config.reports.edition,
        policy=config.reports.policy,
        reports=made,
        schools_without_report=without,
        figures=protected.height,
        hidden=int((~protected["shown"]).sum()),
        manifest=file_digest(custody.site, target / MANIFEST),
        finished_at=custody.clock(),
    )
    custody.registry.record(key, receipt)
    return receipt


def _protected(custody: Custody) -> pl.DataFrame:
    checked_linked(custody, ("results.parquet", "pupils.parquet"))
    policy = custody.config.reports.policy
    if policy not in dc.policies:
        raise UsageError(
            f"A report policy is one of {', '.join(dc.policies)}.",
            where="enclave.toml, reports.policy",
            next_step="mend it",
        )
    minimum = dc.policies[policy].minimum_units
    strict = dc.policies["cbs"]
    rule = NationalRule(
        minimum_schools=strict.minimum_entities or 3,
        maximum_school_share=strict.maximum_entity_share or 0.5,
        minimum_pupils=strict.minimum_units,
    )
    linked = custody.site.zone("linked")
    # Earlier rounds had their own reports; the same figures are not reported twice.
    own = pl.col("school_year").is_in(list(custody.config.round.school_years))
    growth = pupil_growth(
        pl.scan_parquet(linked / "results.parquet").filter(own),
        pl.scan_parquet(linked / "pupils.parquet"),
        rule,
    )
    return protect_figures(school_figures(growth), minimum)


def _write_all(
    custody: Custody, protected: pl.DataFrame, edition: str, aside: Path
) -> tuple[int, int]:
    """Writes every report, the manifest and the steward's index; counts made and left out."""
    ids = _report_ids(custody, protected)
    entries, index, without = [], [], 0
    for number, (code, report) in enumerate(reports_of(protected, ids, edition), start=1):
        if report.has_figures():
            entries.append(_write(report, aside))
            index.append({"school_code": code, "report_id": report.report_id})
        else:
            without += 1
        custody.progress.step("school reports", number, len(ids))
    manifest = msgspec.json.encode({"edition": edition, "reports": entries}, order="sorted")
    with atomic_path(aside / MANIFEST) as temporary:
        temporary.write_bytes(msgspec.json.format(manifest, indent=1))
    with atomic_path(aside / INDEX) as temporary:
        schema = {"school_code": pl.String, "report_id": pl.String}
        pl.DataFrame(index, schema=schema).write_parquet(temporary)
    return len(entries), without


def _write(report: Report, folder: Path) -> dict[str, object]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.report_id}.html"
    path.write_text(render_report(report), encoding="utf-8")
    path.chmod(0o600)
    return {
        "report_id": report.report_id,
        "size": path.stat().st_size,
        "sha256": sha256_of(path),
    }


def _report_ids(custody: Custody, protected: pl.DataFrame) -> dict[str, str]:
    """An opaque report id per school: a keyed hash, so that a file name names no school."""
    import hashlib
    import hmac

    key = KeyName(f"round/{custody.config.round.id}/reports")
    custody.vault.ensure(key)
    secret = custody.vault.derive(key, "report-ids").reveal()
    codes = protected["school_code"].unique().sort()
    return {
        code: "report-" + hmac.new(secret, code.encode(), hashlib.sha256).hexdigest()[:16]
        for code in codes
    }
