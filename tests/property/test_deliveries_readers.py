"""Readers meet any bytes with a frame or a named problem, and never repeat a value."""

import io
import random
import traceback

import polars as pl
import pytest

from enclave.deliveries.manifest import parse_manifest, parse_statement
from enclave.deliveries.problems import REASONS, DeliveryProblem
from enclave.deliveries.readers import DIALECTS, read_delivery
from enclave.deliveries.schemas import RESULT_SCHEMA
from enclave.deliveries.validation import check_whole, find_broken
from enclave.errors import FindingsError
from enclave.progress import Silent
from enclave.synthetic import NationSpec, make_nation

CANARY = "987654329"
ROUNDS = 150


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """One school's plain files in each format, as its own software writes them."""
    folder = tmp_path_factory.mktemp("nation")
    make_nation(folder, NationSpec(pupils=1500, seed=2), Silent())
    found = {}
    for delivery in sorted((folder / "deliveries").iterdir()):
        statement = parse_statement((delivery / "delivery.json").read_bytes())
        files = {name: (delivery / name).read_bytes() for name in statement.files}
        if sum(map(len, files.values())) < 600_000:
            found.setdefault(statement.format, files)
    assert set(found) == set(DIALECTS)
    return found


@pytest.mark.parametrize("kind", sorted(DIALECTS))
def test_every_format_reads_into_the_same_columns(samples, kind):
    frame, school = read_delivery(kind, samples[kind])
    assert find_broken(frame, RESULT_SCHEMA) == ()
    assert frame.height > 50
    assert (school is not None) == (kind == "uwlr-xml")


def damaged(data, chance):
    """One mutation of a file."""
    data = bytearray(data)
    place = chance.randrange(len(data))
    match chance.randrange(6):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            del data[place:]
        case 2:
            data[place:place] = chance.randbytes(chance.randrange(1, 50))
        case 3:
            data[place:place] = b"\x00"
        case 4:
            data[:] = chance.randbytes(200)
        case 5:
            data[place : place + 40] = b";,\"'<&" * 6
    return bytes(data)


def outcome(kind, files):
    try:
        frame, _ = read_delivery(kind, files)
        find_broken(frame, RESULT_SCHEMA)
    except DeliveryProblem as problem:
        return problem.reason
    return "read"


@pytest.mark.parametrize("kind", sorted(DIALECTS))
def test_damaged_files_are_read_or_refused_by_name(samples, kind):
    chance = random.Random(kind)
    for _ in range(ROUNDS):
        files = dict(samples[kind])
        name = chance.choice(sorted(files))
        files[name] = damaged(files[name], chance)
        assert outcome(kind, files) in {"read", *REASONS}


def test_no_refusal_repeats_what_the_file_said():
    text = f"learner_id,bsn\n{CANARY},{CANARY},{CANARY}\n"
    header = ",".join(f'"{name}"' for name in DIALECTS["csv-toets"].names)
    cases = [
        ("csv-toets", {"results.csv": text.encode()}),
        ("csv-toets", {"results.csv": f"{header}\n{f'{CANARY},' * 40}\n".encode()}),
        ("csv-toets", {"results.csv": f"{header},{CANARY}\n".encode()}),
        ("parquet-las", {"results.parquet": b"PAR1" + CANARY.encode() * 9 + b"PAR1"}),
        ("uwlr-xml", {"results.xml": f"<a>{CANARY}".encode(), "identifiers.csv": text.encode()}),
        ("uwlr-xml", {"results.xml": b'<!DOCTYPE a [<!ENTITY b "' + CANARY.encode() + b'">]><a>&b;</a>',
                      "identifiers.csv": b""}),
    ]  # fmt: skip
    for kind, files in cases:
        with pytest.raises(DeliveryProblem) as caught:
            read_delivery(kind, files)
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.args)
        assert CANARY not in told


@pytest.mark.parametrize("text", ["[", "{}", '{"delivery_id": 1}', CANARY, '"' + CANARY, "\x00"])
def test_manifests_and_statements_of_another_form_are_refused(text):
    for parse in (parse_manifest, parse_statement):
        with pytest.raises(DeliveryProblem, match="bad_manifest") as caught:
            parse(text.encode())
        assert CANARY not in "".join(traceback.format_exception(caught.value))


def good_frame(**changes):
    row = {
        "learner_id": "1", "school_year": "2025-2026", "grade": 5, "domain": "RW", "moment": "M",
        "provider": "cito", "scale": "cito-3.0-RW", "score": 200.0, "test_date": None,
    }  # fmt: skip
    frame = pl.DataFrame([row | changes], schema={c.name: c.dtype for c in RESULT_SCHEMA})
    return frame.with_columns(pl.lit("2026-01-20").str.to_date().alias("test_date"))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"grade": 9}, "grade_out_of_range"), ({"grade": None}, "grade_out_of_range"),
        ({"domain": CANARY}, "unknown_domain"), ({"moment": "B"}, "unknown_moment"),
        ({"score": -1.0}, "score_out_of_range"), ({"score": None}, "score_out_of_range"),
        ({"provider": CANARY}, "unknown_provider"), ({"scale": CANARY}, "missing_scale"),
        ({"learner_id": None}, "missing_learner_id"), ({"school_year": "2025"}, "unknown_school_year"),
    ],
)  # fmt: skip
def test_each_column_rule_finds_its_row_and_tells_no_value(change, rule, monkeypatch):
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    (broken,) = find_broken(good_frame(**change), RESULT_SCHEMA)
    assert (broken.rule, broken.rows) == (rule, (0,))
    with pytest.raises(FindingsError, match=rule) as caught:
        check_whole(good_frame(**change), RESULT_SCHEMA)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_lazy_frame_is_refused_because_it_would_pass_unchecked():
    with pytest.raises(TypeError, match="DataFrame"):
        find_broken(good_frame(grade=9).lazy(), RESULT_SCHEMA)


def test_a_parquet_of_another_shape_is_refused():
    buffer = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(buffer)
    with pytest.raises(DeliveryProblem, match="wrong_file_type"):
        read_delivery("parquet-las", {"results.parquet": buffer.getvalue()})
