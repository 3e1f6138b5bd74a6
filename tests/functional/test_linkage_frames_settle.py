"""Decisions on two linked files without a site: every row in review a case, two who say the same."""

import json

import polars as pl
import pytest
from driver import enclave
from linkage_files import Folder, make_town

from enclave.errors import FindingsError, InputError, RefusedError, UsageError
from enclave.files import sha256_of
from enclave.linkage.casebook import casebook
from enclave.linkage.clerical.cases import UNKNOWN, WORDS
from enclave.linkage.clerical.files import PASS_NAME, Files, settle_files
from enclave.linkage.clerical.review_file import read_cases
from enclave.linkage.tail import PASS_NAME as TAIL

FIRST, SECOND, SHIFTED = "first", "second", "shifted"
HEAD = "case,candidate,reviewer,review_file"


def deliveries(town):
    """The town delivered twice, and once with the BSNs of the next row.

    The first delivery has some pupils twice, the second time without a number.
    """
    once = town.delivery.with_columns(delivery_id=pl.lit(FIRST))
    double = once.filter(pl.col("bsn").is_not_null()).sort("row_id").head(9)
    double = double.with_columns(
        pl.format("{}-double", "row_id").alias("row_id"), bsn=pl.lit(None, pl.String)
    )
    again = town.delivery.with_columns(
        pl.format("{}-again", "row_id").alias("row_id"), delivery_id=pl.lit(SECOND)
    )
    slipped = town.delivery.head(60).with_columns(
        pl.format("{}-slipped", "row_id").alias("row_id"),
        pl.col("bsn").shift(1),
        delivery_id=pl.lit(SHIFTED),
    )
    return pl.concat([once, again, slipped, double])


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def done(request, tmp_path_factory):
    town = make_town()
    folder = Folder(tmp_path_factory.mktemp(request.param))
    folder.write(deliveries(town), town.spine).link(request.param)
    return folder


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    town = make_town()
    folder = Folder(tmp_path_factory.mktemp("settle"))
    folder.write(deliveries(town), town.spine).link()
    return folder


def cases_of(folder):
    return read_cases(folder.out / "review.parquet")


def decided(folder, tmp_path, *rows, digest=None, suffix=".csv"):
    """The three files, the decisions (case, candidate, reviewer) written as CSV or JSON."""
    digest = digest or sha256_of(folder.out / "review.parquet")
    path = tmp_path / f"decisions{suffix}"
    if suffix == ".json":
        names = HEAD.split(",")
        path.write_text(json.dumps([dict(zip(names, [*row, digest], strict=True)) for row in rows]))
    else:
        path.write_text("\n".join([HEAD, *(",".join(map(str, [*r, digest])) for r in rows)]))
    return Files(folder.out / "links.parquet", folder.out / "review.parquet", path)


def free(folder, count):
    """Cases and candidates who are compared, free and apart from each other."""
    pairs = cases_of(folder).filter(
        ~pl.col("taken"),
        pl.any_horizontal(pl.col(name) != UNKNOWN for name in WORDS),
        pl.col("candidate") == 1,
    )
    return (
        pairs.unique("person_id", maintain_order=True)
        .head(count)
        .select("case", "candidate")
        .rows()
    )


def test_every_row_in_review_is_a_case_with_at_least_one_person(done):
    waiting = set(done.links.filter(status="review")["row_id"])
    cases = cases_of(done)
    assert set(cases["pupil_row"]) == waiting
    assert len([row for row in waiting if row.endswith("-slipped")]) > 20
    assert cases["person_id"].null_count() == 0
    assert cases.select("pupil_row", "person_id").is_unique().all()


def test_the_persons_of_a_case_are_those_at_whom_its_number_points(done):
    """By brute force: the spine's owner of the BSN is among the candidates."""
    files = {name: pl.read_parquet(done.root / f"{name}.parquet") for name in ("delivery", "spine")}
    owners = {}
    for who, number in files["spine"].select("person_id", "bsn").iter_rows():
        owners.setdefault(number, set()).add(who)
    numbers = dict(files["delivery"].select("row_id", "bsn").iter_rows())
    shown = {}
    for row, who in cases_of(done).select("pupil_row", "person_id").iter_rows():
        shown.setdefault(row, set()).add(who)
    missing = [row for row, who in shown.items() if not owners.get(numbers[row], set()) <= who]
    assert missing == []
    assert any(owners.get(numbers[row]) for row in shown)


def test_taken_is_whoever_is_linked_to_another_row_of_the_delivery(done):
    names = dict(
        pl.read_parquet(done.root / "delivery.parquet").select("row_id", "delivery_id").iter_rows()
    )
    linked = {
        (names[row], who)
        for row, who in done.links.filter(status="linked").select("row_id", "person_id").iter_rows()
    }
    cases = cases_of(done).select("pupil_row", "person_id", "taken").rows()
    assert {taken for _, _, taken in cases} == {True, False}
    assert all(taken == ((names[row], who) in linked) for row, who, taken in cases)


def test_engines_write_the_same_cases(tmp_path):
    town, found = make_town(), []
    for engine in ("polars", "duckdb"):
        folder = Folder(tmp_path / engine)
        folder.root.mkdir()
        folder.write(deliveries(town), town.spine).link(engine)
        found.append(pl.read_parquet(folder.out / "review.parquet"))
    assert found[0].equals(found[1])


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_accepted_rows_are_linked_and_nothing_else_changes(linked, tmp_path, suffix):
    (one, two) = free(linked, 2)
    (other,) = [case for case in cases_of(linked)["case"].unique() if case not in {one[0], two[0]}][
        :1
    ]
    said = [(*one, "ann"), (*one, "bob"), (*two, "ann"), (other, 0, "ann"), (other, 0, "bob")]
    files = decided(linked, tmp_path, *said, suffix=suffix)
    out = tmp_path / "settled.parquet"
    counts = settle_files(files, out)
    cases = cases_of(linked)
    total = cases["case"].n_unique()
    assert (counts.cases, counts.accepted, counts.refused, counts.waiting) == (
        total,
        1,
        1,
        total - 2,
    )
    before, after = linked.links, pl.read_parquet(out)
    assert after.schema == before.schema
    assert after["row_id"].to_list() == before["row_id"].to_list()
    changed = after.filter(pl.col("pass_name") == PASS_NAME)
    assert after.join(changed, on="row_id", how="anti").equals(
        before.join(changed, on="row_id", how="anti")
    )
    right = cases.filter(case=one[0], candidate=one[1]).row(0, named=True)
    none = cases.filter(case=other)["pupil_row"][0]
    assert set(changed.select("row_id", "person_id", "status").rows()) == {
        (right["pupil_row"], right["person_id"], "linked"), (none, None, "unlinked"),
    }  # fmt: skip


def test_one_reviewer_under_two_spellings_is_one(linked, tmp_path):
    ((case, candidate),) = free(linked, 1)
    said = [(case, candidate, name) for name in ("Ann", "ann ", " ANN")]
    out = tmp_path / "settled.parquet"
    assert settle_files(decided(linked, tmp_path, *said), out).accepted == 0
    assert pl.read_parquet(out).equals(linked.links)


def test_two_rows_of_a_delivery_are_never_one_person(linked, tmp_path):
    pairs = cases_of(linked).filter(~pl.col("taken"))
    shared = (
        pairs.filter(pl.len().over("delivery", "person_id") > 1).sort("person_id", "case").head(2)
    )
    said = [
        (case, candidate, who)
        for case, candidate in shared.select("case", "candidate").iter_rows()
        for who in ("ann", "bob")
    ]
    with pytest.raises(FindingsError) as error:
        settle_files(decided(linked, tmp_path, *said), tmp_path / "settled.parquet")
    assert all(str(case) in error.value.where for case in shared["case"])
    assert shared["person_id"][0] not in str(error.value)
    assert not (tmp_path / "settled.parquet").exists()


def test_a_person_of_another_row_is_refused(linked, tmp_path):
    case, candidate = cases_of(linked).filter(pl.col("taken")).select("case", "candidate").row(0)
    files = decided(linked, tmp_path, (case, candidate, "ann"))
    with pytest.raises(RefusedError, match="one pupil of a delivery"):
        settle_files(files, tmp_path / "settled.parquet")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InputError),
        ("case,candidate\n1,1", InputError),
        (f"{HEAD}\n1,x,ann,DIGEST", InputError),
        (f"{HEAD}\n1,1.0,ann,DIGEST", InputError),
        (f"{HEAD}\n1,-1,ann,DIGEST", InputError),
        (f"{HEAD}\n1,,ann,DIGEST", InputError),
        (f"{HEAD}\n1,1,,DIGEST", InputError),
        (f"{HEAD}\n1,1,ann,{'0' * 64}", InputError),
        (f"{HEAD}\n1,1,ann,", InputError),
        (f"{HEAD}\n99999,1,ann,DIGEST", UsageError),
        (f"{HEAD}\n0,1,ann,DIGEST", UsageError),
        (f"{HEAD}\n{10**30},1,ann,DIGEST", UsageError),
    ],
)
def test_decisions_that_say_nothing_or_are_about_another_file_are_refused(
    linked, tmp_path, text, error
):
    files = decided(linked, tmp_path)
    digest = sha256_of(linked.out / "review.parquet")
    files.decisions.write_text(text.replace("DIGEST", digest))
    with pytest.raises(error):
        settle_files(files, tmp_path / "settled.parquet")
    assert not (tmp_path / "settled.parquet").exists()


def test_links_of_another_run_are_refused(linked, tmp_path):
    files = decided(linked, tmp_path)
    other = tmp_path / "links.parquet"
    linked.links.filter(pl.col("status") != "review").write_parquet(other)
    with pytest.raises(InputError, match="those of the review file"):
        settle_files(Files(other, files.review, files.decisions), tmp_path / "settled.parquet")


def test_the_commands_show_cases_and_settle_them_and_name_nobody(linked, tmp_path):
    shown = enclave("link", "review", "--file", linked.out / "review.parquet")
    assert sha256_of(linked.out / "review.parquet") in shown.stdout
    ((case, candidate),) = free(linked, 1)
    files = decided(linked, tmp_path, (case, candidate, "ann"), (case, candidate, "bob"))
    given = ["--links", files.links, "--review", files.review, "--decisions", files.decisions]
    out = tmp_path / "settled.parquet"
    settled = enclave("link", "frames-settle", *given, "--out", out)
    assert "1 accepted, 0 none of them" in settled.stdout
    again = enclave("link", "frames-settle", *given, "--out", out, check=False)
    assert again.returncode == 2
    book = casebook(linked.out / "review.parquet")
    town = make_town()
    texts = [shown.stdout, settled.stdout, again.stderr, str(book.to_dicts())]
    keys = ("bsn", "birth_date", "postcode")
    values = {value for key in keys for value in [*town.delivery[key], *town.spine[key]]} - {None}
    names = set(town.delivery["row_id"]) | set(town.spine["person_id"])
    assert [value for value in values | names for text in texts if value in text] == []


def test_a_link_by_the_pattern_table_that_was_withdrawn_is_a_candidate(tmp_path):
    town = make_town()
    odd = pl.int_range(pl.len()) % 2 == 1
    day = pl.when(odd).then(pl.date(2032, 1, 1)).otherwise("reference_date")
    folder = Folder(tmp_path)
    folder.write(town.delivery.with_columns(day.alias("reference_date")), town.spine).link()
    withdrawn = folder.links.filter(pl.col("pass_name") == TAIL, status="review", candidates=1)
    cases = cases_of(folder).select("pupil_row", "person_id").rows()
    right = {(row, town.truth[row]) for row in withdrawn["row_id"] if town.truth[row]}
    assert len(right) > 5
    assert right <= set(cases)
