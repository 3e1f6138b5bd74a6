"""The desk cannot be talked out of its verdict, nor the released bytes out of two approvals."""

import hashlib
import json
import shutil
from dataclasses import replace

import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.bundle import Request, write_bundle
from enclave import release
from enclave.clock import system_clock
from enclave.custody import init_site
from enclave.errors import InputError, RefusedError, UsageError
from enclave.files import file_digest
from enclave.receipts import ProjectReceipt, ReleaseReceipt, WorkspaceReceipt
from enclave.release.judging import judge_bundle
from enclave.site import Config, Person, ProjectGrant, RegistersConfig, ReleaseConfig, RoundConfig

PEOPLE = ("researcher-1", "reviewer-1", "reviewer-2", "reviewer-3")
REQUEST = {
    "purpose": "test",
    "population": "made up",
    "variables": {"reg": "region", "cat": "category", "odd": "derived"},
}


def panel():
    counts = {
        ("N", "x"): 30,
        ("N", "y"): 25,
        ("N", "z"): 20,
        ("S", "x"): 40,
        ("S", "y"): 4,
        ("S", "z"): 18,
    }
    rows = [key for key, number in counts.items() for _ in range(number)]
    frame = pl.DataFrame(rows, schema=["reg", "cat"], orient="row")
    return frame.with_columns(
        pupil=pl.format("pupil{}", pl.int_range(pl.len())),
        school=pl.format("school{}", pl.int_range(pl.len()) % 7),
    )


@pytest.fixture
def custody(tmp_path):
    import datetime as dt

    config = Config(
        round=RoundConfig(id="r", reference_date=dt.date(2026, 7, 1), school_years=("2025-2026",)),
        registers=RegistersConfig(
            population_spine="a", background="b", enrolments="c", schools="d"
        ),
        release=ReleaseConfig(),
        people=tuple(Person(name=name, role=name.rpartition("-")[0]) for name in PEOPLE),
        projects=(ProjectGrant(id="p", purpose="x", members=("researcher-1",), columns=()),),
    )
    with init_site(tmp_path / "site", config, system_clock) as opened:
        folder = opened.site.zone("projects") / "p"
        folder.mkdir()
        panel().write_parquet(folder / "panel.parquet")
        opened.registry.record(
            "p",
            ProjectReceipt(
                project_id="p", round_id="r", columns=(), rows=1, pupils=1, schools=1,
                files=(file_digest(opened.site, folder / "panel.parquet"),), pseudonym_key="k",
                built_at=system_clock(),
            ),
        )  # fmt: skip
        yield opened


STUDY = dc.Study(policy="cbs", unit="pupil", entity="school")


def table(frame=None):
    return STUDY.crosstab(panel() if frame is None else frame, rows=["reg"], columns=["cat"])


def submit(custody, output, forge=None, **options):
    """Submits one output, lets ``forge`` change the bundle as a dishonest author could."""
    picked = custody.site.zone("workspaces") / "p" / "picked"
    picked.mkdir(parents=True, exist_ok=True)
    receipt = STUDY.submit(picked, output, **REQUEST, **options)
    if forge is not None:
        forge(picked / receipt.bundle)
        manifest = json.loads((picked / receipt.bundle / "manifest.json").read_text())
        for entry in manifest["files"]:
            data = (picked / receipt.bundle / entry["path"]).read_bytes()
            entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for entry in manifest["outputs"]:
            entry["verdict"] = "SAFE"
        (picked / receipt.bundle / "manifest.json").write_text(json.dumps(manifest))
    custody.registry.record(
        "p",
        WorkspaceReceipt(
            project_id="p", outcome="ran", reason=None, sandbox="x", sandbox_sha256=None, jobs=(),
            bundles=(receipt.bundle,), finished_at=system_clock(),
        ),
    )  # fmt: skip
    (request,) = release.submit_bundles(custody, "p", "researcher-1")
    return request


def assessed(custody, output, forge=None, **options):
    request = submit(custody, output, forge, **options)
    return release.assess(custody, request.request_id)


def approve(custody, assessment, *reviewers):
    for name in reviewers:
        release.decide(
            custody, assessment.request_id, name, decision="approve", comment="",
            package_digest=assessment.package_digest,
        )  # fmt: skip


def test_a_protected_table_is_released_after_two_approvals(custody):
    assessment = assessed(custody, table().protect())
    assert assessment.outcome == "in review"
    approve(custody, assessment, "reviewer-1", "reviewer-2")
    receipt = release.release(custody, assessment.request_id)
    folder = custody.site.zone("released") / assessment.request_id
    text = (folder / "count-1.csv").read_text()
    assert "S,y,.,hidden" in text
    assert receipt.hidden_cells == 4
    assert release.release(custody, assessment.request_id) == receipt
    assert not [path for path in folder.rglob("*") if "evidence" in path.name]


def test_an_unsafe_table_is_protected_at_the_desk_when_its_author_asks(custody):
    assessment = assessed(custody, table(), protect_at_desk=True)
    (output,) = assessment.outputs
    assert (output.verdict, output.action, output.hidden) == ("UNSAFE", "protected at the desk", 4)
    assert assessment.outcome == "in review"


def show_everything(bundle):
    path = bundle / "outputs/count-1/released.csv"
    out = table()
    path.write_bytes(
        dc.released_csv(
            out.table.cells.select("reg", "cat", "value").with_columns(status=pl.lit("shown"))
        )
    )


def show_one_more(bundle):
    path = bundle / "outputs/count-1/released.csv"
    path.write_text(path.read_text().replace("N,y,.,hidden", "N,y,25,shown"))


def lie_about_a_value(bundle):
    path = bundle / "outputs/count-1/released.csv"
    path.write_text(path.read_text().replace("N,x,30,shown", "N,x,31,shown"))


def invent_records(bundle):
    path = bundle / "outputs/count-1/evidence.parquet"
    frame = pl.read_parquet(path)
    more = frame.filter(pl.col("d0") == "S", pl.col("d1") == "y").with_columns(pl.col("unit") + "x")
    pl.concat(
        [frame, *[more.with_columns(pl.col("unit") + str(n)) for n in range(3)]]
    ).write_parquet(path)


def repeat_records(bundle):
    path = bundle / "outputs/count-1/evidence.parquet"
    frame = pl.read_parquet(path)
    pl.concat([frame, frame]).write_parquet(path)


def weaken_the_policy(bundle):
    path = bundle / "outputs/count-1/recipe.json"
    path.write_text(path.read_text().replace('"policy": "cbs"', '"policy": "nco_report"'))
    show_everything(bundle)


def drop_the_unit(bundle):
    path = bundle / "outputs/count-1/recipe.json"
    path.write_text(path.read_text().replace('"unit": "pupil"', '"unit": null'))


@pytest.mark.parametrize(
    "forge",
    [show_everything, show_one_more, lie_about_a_value, invent_records, repeat_records,
     weaken_the_policy, drop_the_unit],
)  # fmt: skip
def test_a_forged_bundle_is_refused_whatever_it_claims(custody, forge):
    assessment = assessed(custody, table().protect(), forge)
    assert assessment.outcome == "refused"
    assert assessment.released_files == ()
    with pytest.raises(RefusedError):
        approve(custody, assessment, "reviewer-1")


def test_a_derived_column_is_named_for_the_reviewers(custody):
    frame = panel().with_columns(odd=pl.col("cat") == "x")
    output = STUDY.crosstab(frame, rows=["reg"], columns=["odd"])
    assessment = assessed(custody, output)
    (facts,) = assessment.outputs
    assert facts.verdict == "REVIEW"
    assert any("odd" in reason for reason in facts.reasons)


def test_tables_that_isolate_a_few_together_are_refused_with_the_equation(custody):
    study = dc.Study(policy="cbs", unit="pupil", entity="school")
    whole = study.crosstab(panel(), rows=["reg"])
    some = dc.Study(policy="cbs", unit="pupil", entity="school").crosstab(
        panel().filter(pl.col("pupil") != panel()["pupil"][0]), rows=["reg"]
    )
    with pytest.raises(dc.UnsafeOutputError, match="Together"):
        study.submit(custody.site.root / "out", [whole, some], **REQUEST)
    picked = custody.site.zone("workspaces") / "p" / "picked"
    picked.mkdir(parents=True, exist_ok=True)
    receipt = write_bundle(
        picked, [whole, some], Request("t", "a b c", "p", REQUEST["variables"], False)
    )
    judged = judge_bundle(
        {"bundle": str(picked / receipt.bundle), "unit": "pupil", "entity": "school",
         "view": str(custody.site.zone("projects") / "p" / "panel.parquet"), "policy": "cbs",
         "on_unsafe": "protect"}
    )  # fmt: skip
    assert {row["action"] for row in judged["outputs"]} == {"refused"}
    assert any("output 1" in reason for reason in judged["outputs"][0]["reasons"])
    assert judged["files"] == {}


@pytest.mark.parametrize(("named", "outcome"), [(False, "in review"), (True, "refused")])
def test_a_file_made_elsewhere_goes_to_people_unless_it_names_a_pupil(
    custody, tmp_path, named, outcome
):
    who = panel()["pupil"].cast(pl.String)[0] if named else "north"
    path = tmp_path / "counts.csv"
    path.write_text(f"region,count\n{who},1200\nsouth,1300\n")
    assessment = assessed(custody, STUDY.custom(path))
    assert assessment.outcome == outcome
    if not named:
        assert assessment.outputs[0].verdict == "REVIEW"
        assert "custom-1.file.csv" in {file.path for file in assessment.released_files}


def test_a_judging_process_that_dies_means_refused(custody, monkeypatch):
    import subprocess

    request = submit(custody, table().protect())

    def killed(*args, **kwargs):
        raise subprocess.CalledProcessError(-9, "judge")

    monkeypatch.setattr("enclave.release.recheck.subprocess.run", killed)
    assert release.assess(custody, request.request_id).outcome == "refused"


def test_a_judging_process_that_answers_nonsense_means_refused(custody, monkeypatch):
    import subprocess

    request = submit(custody, table().protect())
    answer = subprocess.CompletedProcess(
        "judge", 0, '{"outputs": [{"name": "x"}], "files": {}}', ""
    )
    monkeypatch.setattr("enclave.release.recheck.subprocess.run", lambda *a, **k: answer)
    assert release.assess(custody, request.request_id).outcome == "refused"


def test_one_person_is_not_two(custody):
    assessment = assessed(custody, table().protect())
    approve(custody, assessment, "reviewer-1", "reviewer-1")
    with pytest.raises(RefusedError):
        release.release(custody, assessment.request_id)


@pytest.mark.parametrize("name", ["researcher-1", "nobody"])
def test_who_may_not_decide_leaves_no_trace(custody, name):
    assessment = assessed(custody, table().protect())
    with pytest.raises(RefusedError):
        approve(custody, assessment, name)


def test_a_decision_on_other_bytes_does_not_count(custody):
    assessment = assessed(custody, table().protect())
    with pytest.raises(RefusedError, match="bytes that were assessed"):
        approve(custody, replace_digest(assessment), "reviewer-1")


def replace_digest(assessment):
    import msgspec

    return msgspec.structs.replace(assessment, package_digest="0" * 64)


def test_bytes_changed_after_approval_do_not_leave(custody):
    assessment = assessed(custody, table().protect())
    approve(custody, assessment, "reviewer-1", "reviewer-2")
    stored = custody.site.zone("release") / "store" / assessment.released_files[0].sha256
    stored.write_bytes(stored.read_bytes().replace(b".,hidden", b"4,shown", 1))
    with pytest.raises(InputError):
        release.release(custody, assessment.request_id)
    assert list(custody.site.zone("released").iterdir()) == []
    assert custody.registry.find(ReleaseReceipt, assessment.request_id) is None


def test_a_signature_of_another_key_does_not_count(custody, monkeypatch):
    assessment = assessed(custody, table().protect())
    real = custody.vault.sign
    monkeypatch.setattr(
        type(custody.vault), "sign", lambda self, name, message: real("person/reviewer-3", message)
    )
    approve(custody, assessment, "reviewer-1", "reviewer-2")
    monkeypatch.undo()
    with pytest.raises(RefusedError, match="0 valid approvals"):
        release.release(custody, assessment.request_id)


def test_rejecting_needs_a_comment_and_ends_it(custody):
    assessment = assessed(custody, table().protect())
    options = {"decision": "reject", "package_digest": assessment.package_digest}
    with pytest.raises(UsageError):
        release.decide(custody, assessment.request_id, "reviewer-1", comment=" ", **options)
    release.decide(custody, assessment.request_id, "reviewer-1", comment="no", **options)
    with pytest.raises(RefusedError):
        approve(custody, assessment, "reviewer-2")


def test_killed_between_record_and_folder_the_next_call_lets_the_folder_appear(
    custody, monkeypatch
):
    assessment = assessed(custody, table().protect())
    approve(custody, assessment, "reviewer-1", "reviewer-2")
    monkeypatch.setattr(
        "enclave.release.handover._appear", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        release.release(custody, assessment.request_id)
    monkeypatch.undo()
    assert custody.registry.find(ReleaseReceipt, assessment.request_id) is not None
    release.release(custody, assessment.request_id)
    assert (custody.site.zone("released") / assessment.request_id / "release.json").is_file()


def test_a_released_folder_that_was_changed_is_not_taken_for_whole(custody):
    assessment = assessed(custody, table().protect())
    approve(custody, assessment, "reviewer-1", "reviewer-2")
    release.release(custody, assessment.request_id)
    folder = custody.site.zone("released") / assessment.request_id
    (folder / "extra.csv").write_text("x")
    with pytest.raises(RefusedError, match="exactly the released files"):
        release.release(custody, assessment.request_id)
    shutil.rmtree(folder)
    release.release(custody, assessment.request_id)


def test_the_view_must_be_the_one_that_was_built(custody):
    request = submit(custody, table().protect())
    path = custody.site.zone("projects") / "p" / "panel.parquet"
    panel().head(10).write_parquet(path)
    with pytest.raises(InputError):
        release.assess(custody, request.request_id)


def test_outputs_are_frozen():
    out = table()
    with pytest.raises(AttributeError):
        out.assessment = replace(out.assessment, verdict=dc.Verdict.SAFE)
