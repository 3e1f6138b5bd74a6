"""A project over the rounds: a view for each, work on each, and requests judged by their own."""

import dataclasses
import datetime as dt
import json

import msgspec
import polars as pl
import pytest
from linkage_two_rounds import one_round, read, second_delivered
from linkage_years import FIRST, SECOND, destroy
from typer.testing import CliRunner

import disclosure_control as dc
from enclave import release
from enclave.cli.main import build
from enclave.clock import system_clock
from enclave.custody import is_outdated, place_of, view_with, views_of
from enclave.errors import InputError, RefusedError
from enclave.files import atomic_path, file_digest, only_one, sha256_of
from enclave.linkage import link_round
from enclave.projects import build as building
from enclave.projects import build_view
from enclave.receipts import (
    LinkageReceipt,
    ProjectReceipt,
    RequestReceipt,
    SettlementReceipt,
    WorkspaceReceipt,
    decode,
    encode,
)
from enclave.workspace import skip_workspace

OLD = {
    "type": "project", "project_id": "one", "round_id": FIRST.id, "columns": ["pupil"], "rows": 1,
    "pupils": 1, "schools": 1, "pseudonym_key": "project/one/pseudonyms", "files": [],
    "built_at": "2026-11-01T00:00:00Z",
}  # fmt: skip


@pytest.fixture
def first(tmp_path):
    """The site after its first round, its project's view built."""
    custody = destroy(one_round(tmp_path))
    build_view(custody, "one")
    return custody


def second_round(tmp_path, custody):
    custody = second_delivered(tmp_path, custody)
    link_round(custody)
    return destroy(custody)


def digests(custody):
    zone = custody.site.zone("projects")
    return {p.relative_to(zone).as_posix(): sha256_of(p) for p in zone.rglob("*") if p.is_file()}


def panel(custody, receipt):
    return pl.read_parquet(custody.site.root / receipt.files[0].path)


def test_every_round_has_a_view_and_the_earlier_one_stays(tmp_path, first):
    (old,) = views_of(first.registry, "one")
    before = digests(first)
    custody = second_round(tmp_path, first)
    new = build_view(custody, "one")
    assert (old.round_id, new.round_id) == (FIRST.id, SECOND.id)
    assert views_of(custody.registry, "one") == [old, new]
    assert build_view(custody, "one") == new
    after = digests(custody)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {
        f"one/{SECOND.id}/1/panel.parquet",
        f"one/{SECOND.id}/1/schema.json",
    }
    assert set(panel(custody, new)["school_year"]) == {"2024-2025", "2025-2026"}
    linked = set(read(custody, "pupils").filter(person_status="R")["person_key"])
    assert len(set(panel(custody, old)["pupil"]) & set(panel(custody, new)["pupil"])) > 10
    assert set(panel(custody, old)["school"]) <= set(panel(custody, new)["school"])
    assert not linked & set(panel(custody, new)["pupil"])


def relinked(custody):
    """The linked zone written anew in the same round, as a decision on a doubtful pair would."""
    path = custody.site.zone("linked") / "results.parquet"
    frame = pl.read_parquet(path)
    with atomic_path(path) as temporary:
        frame.with_columns(pl.col("score") + 1).write_parquet(temporary)
    linkage = custody.registry.find(LinkageReceipt, custody.config.round.id)
    written = file_digest(custody.site, path)
    receipt = SettlementReceipt(
        round_id=linkage.round_id, number=1, review_file="0" * 64, cases=1, accepted=1, refused=0,
        waiting=0, shared=0, settled=written, outputs=(written,), content=linkage.content,
        finished_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    custody.registry.record(f"{linkage.round_id}/1", receipt)


def test_a_view_of_linked_data_that_changed_is_outdated_and_built_anew_beside_it(first):
    (old,) = views_of(first.registry, "one")
    assert not is_outdated(first.registry, old)
    assert build_view(first, "one", rebuild=True) == old, "nothing changed"
    relinked(first)
    assert is_outdated(first.registry, old)
    assert build_view(first, "one") == old
    new = build_view(first, "one", rebuild=True)
    assert (new.number, new.round_id) == (2, FIRST.id)
    assert not is_outdated(first.registry, new)
    assert is_outdated(first.registry, old)
    assert build_view(first, "one") == build_view(first, "one", rebuild=True) == new
    columns = ["pupil", "score_m"]
    older, newer = (panel(first, view).select(columns) for view in (old, new))
    assert newer.equals(older.with_columns(pl.col("score_m") + 1))


def test_linked_data_that_no_receipt_vouches_for_gives_no_view(tmp_path, first):
    custody = second_round(tmp_path, first)
    path = custody.site.zone("linked") / "pupils.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    before = digests(custody)
    with pytest.raises(InputError, match=r"linked, pupils\.parquet"):
        build_view(custody, "one")
    assert digests(custody) == before


def test_no_view_is_built_while_the_linked_zone_is_being_written(first):
    relinked(first)
    lock = first.site.root / "linkage.lock"
    with only_one(lock, "linking"), pytest.raises(RefusedError, match="another one is running"):
        build_view(first, "one", rebuild=True)
    assert build_view(first, "one", rebuild=True).number == 2


def test_stopped_while_building_the_earlier_view_stays_and_the_new_one_is_made(
    tmp_path, first, monkeypatch
):
    before = digests(first)
    custody = second_round(tmp_path, first)

    def stopping(_target, _data):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building, "write_bytes", stopping)
        with pytest.raises(KeyboardInterrupt):
            build_view(custody, "one")
    assert len(views_of(custody.registry, "one")) == 1
    build_view(custody, "one")
    after = digests(custody)
    assert {name: after[name] for name in before} == before


def test_a_receipt_of_before_loads_and_is_the_view_of_its_round(tmp_path, first):
    receipt = decode(json.dumps(OLD).encode())
    assert isinstance(receipt, ProjectReceipt)
    assert (receipt.number, receipt.linked) == (1, ())
    (made,) = views_of(first.registry, "one")
    plain = json.loads(encode(made))
    old = decode(json.dumps({n: plain[n] for n in plain if n not in {"number", "linked"}}).encode())
    assert not is_outdated(first.registry, old)
    custody = second_round(tmp_path, first)
    assert is_outdated(custody.registry, old)


def test_work_and_requests_belong_to_a_view(tmp_path, first):
    custody = first
    ran(custody)
    (request,) = release.submit_bundles(custody, "one", "researcher-1")
    custody = second_round(tmp_path, custody)
    build_view(custody, "one")
    old, new = views_of(custody.registry, "one")
    assert request.view == old.files[0].sha256
    assert view_with(custody.registry, "one", request.view) == old
    assessed = release.assess(custody, request.request_id)
    assert "are not in the project's data" not in str(assessed.outputs)
    ran(custody)
    (later,) = release.submit_bundles(custody, "one", "researcher-1")
    assert later.view == new.files[0].sha256
    assert later.request_id != request.request_id
    judged = release.assess(custody, later.request_id)
    assert "are not in the project's data" not in str(judged.outputs)
    assert custody.registry.find(RequestReceipt, request.request_id) == request


def test_evidence_of_one_view_is_not_that_of_another(tmp_path, first):
    ran(first)
    (request,) = release.submit_bundles(first, "one", "researcher-1")
    custody = second_round(tmp_path, first)
    new = build_view(custody, "one")
    wrong = msgspec.structs.replace(request, request_id="request-other", view=new.files[0].sha256)
    custody.registry.record("request-other", wrong)
    judged = release.assess(custody, "request-other")
    assert "are not in the project's data" in str(judged.outputs)
    unknown = msgspec.structs.replace(request, request_id="request-x", view="0" * 64)
    custody.registry.record("request-x", unknown)
    with pytest.raises(InputError, match="view is the one of its receipt"):
        release.assess(custody, "request-x")


def ran(custody):
    """What a run of the project's jobs on its newest view leaves behind."""
    view = views_of(custody.registry, "one")[-1]
    study = dc.Study(policy="cbs", unit="pupil", entity="school")
    frame = panel(custody, view)
    counted = study.crosstab(frame, rows=["school_year"], columns=["sex"])
    picked = custody.site.zone("workspaces") / place_of(view) / "picked"
    made = study.submit(
        picked, counted, title="t", purpose="p", population="made up",
        variables={"school_year": "year", "sex": "sex"}, protect_at_desk=True,
    )  # fmt: skip
    receipt = WorkspaceReceipt(
        project_id="one", outcome="ran", reason=None, sandbox="x", sandbox_sha256=None, jobs=(),
        bundles=(made.bundle,), finished_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        view=view.files[0].sha256,
    )  # fmt: skip
    custody.registry.record(f"one/{view.round_id}/{view.number}", receipt)


def test_work_is_skipped_once_for_every_view(tmp_path, first):
    one = skip_workspace(first, "one", "no sandbox")
    assert skip_workspace(first, "one", "again") == one
    custody = second_round(tmp_path, first)
    build_view(custody, "one")
    two = skip_workspace(custody, "one", "still none")
    assert (two.reason, two.view) == (
        "still none",
        views_of(custody.registry, "one")[1].files[0].sha256,
    )
    assert skip_workspace(custody, "one", "again") == two


def test_the_commands_show_and_rebuild_an_outdated_view(first):
    relinked(first)
    place = ["--site", str(first.site.root)]
    first.close()
    run = CliRunner().invoke
    shown = run(build(), ["project", "show", "one", *place])
    assert f"round {FIRST.id}, view 1" in shown.stdout
    assert "outdated, the linked data changed since" in shown.stdout
    told = run(build(), ["project", "build", "one", *place])
    assert "--rebuild" in told.output
    made = run(build(), ["project", "build", "one", "--rebuild", "--json", *place])
    assert json.loads(made.stdout)["number"] == 2
    again = json.loads(run(build(), ["project", "show", "one", "--json", *place]).stdout)
    assert (again["outdated"], again["view"]["number"]) == ([True, False], 2)


def test_without_a_view_the_first_work_counts_for_the_project(tmp_path):
    with dataclasses.replace(one_round(tmp_path), clock=system_clock) as custody:
        skipped = skip_workspace(custody, "one", "no view yet")
        assert skipped.view is None
        assert skip_workspace(custody, "one", "again") == skipped
