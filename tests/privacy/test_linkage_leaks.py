"""Keys, identifiers and keyed hashes of the linkage are searched for in everything it leaves."""

import hashlib
import io
import logging
import pickle
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from linkage_site import IDENTIFIERS, make_site, nation, schools

from enclave.custody import linkage_key, scan_site
from enclave.linkage import keys, link_round
from enclave.linkage.education.rotation import FIRST_KEY
from enclave.linkage.fields import FINE_PARTS, FieldHashes
from enclave.linkage.frames.inputs import DELIVERY, SPINE
from enclave.linkage.frames.run import Reading
from enclave.linkage.keyfile import FileKey
from enclave.linkage.keying import DeliveryKeying, SpineKeying, TailKeying, delivered_births
from enclave.linkage.passes import IDENTITY_FIELDS
from enclave.linkage.prepared import Forms
from enclave.site import Site

FIELDS = (*IDENTITY_FIELDS, *FINE_PARTS)
S_PURPOSES = ("bsn", "education_number", "place", "review")


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """A linked site, its subkeys, and everything it logged or printed."""
    root = tmp_path_factory.mktemp("leaks")
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    deliveries = schools(nation())
    deliveries["sender-2"][3] |= dict.fromkeys(("bsn", "education_number", "postcode"))
    with make_site(root, deliveries) as custody:
        receipt = link_round(custody)
        name = linkage_key(custody.config.round.id)
        secrets = [custody.vault.derive(name, f"keyed-hash/{field}").reveal() for field in FIELDS]
        secrets.append(custody.vault.secret(name).reveal())
        secrets += [
            custody.vault.derive(FIRST_KEY, f"s-number/{one}").reveal() for one in S_PURPOSES
        ]
        secrets.append(custody.vault.secret(FIRST_KEY).reveal())
        yield custody, secrets, f"{receipt!r} {heard.getvalue()}"
    logging.getLogger().removeHandler(handler)


def hasher_of(custody, round_id):
    return keys.open_hasher(keys.VaultKey(custody.vault, linkage_key(round_id)))


def files(custody):
    found = sorted(path for path in custody.site.root.rglob("*") if path.is_file())
    return [path for path in found if custody.site.zone("vault") not in path.parents]


def readable(path):
    """Raw bytes and, of a Parquet file, its metadata and every decoded value."""
    raw = path.read_bytes()
    if path.suffix != ".parquet":
        return raw
    frame = pl.read_parquet(path)
    shown = [str(pl.read_parquet_schema(path)), str(pl.read_parquet_metadata(path))]
    for name in frame.columns:
        column = frame[name]
        if column.dtype == pl.Binary:
            raw += b"".join(column.drop_nulls())
            column = column.bin.encode("hex")
        shown += column.cast(pl.String).drop_nulls().unique().to_list()
    return raw + "\n".join(shown).encode()


def forms(secret):
    return [
        secret,
        secret.hex().encode(),
        repr(secret).encode(),
        secret[:16],
        secret.hex().encode()[:32],
    ]


def test_the_search_finds_a_key_in_a_parquet_column(left, tmp_path):
    _, secrets, _ = left
    pl.DataFrame({"x": [secrets[0].hex()]}).write_parquet(tmp_path / "a.parquet")
    assert any(form in readable(tmp_path / "a.parquet") for form in forms(secrets[0]))


def test_no_key_is_in_any_file_or_message(left):
    custody, secrets, heard = left
    searched = files(custody)
    assert len(searched) > 8
    for secret in secrets:
        for form in forms(secret):
            assert form not in heard.encode()
            assert not [path.name for path in searched if form in readable(path)]


def test_keyed_hashes_lie_only_in_files_that_are_destroyed_with_the_identifiers(left):
    custody, _, _ = left
    zone = custody.site.zone("linkage")
    hashes = set()
    for name in ("keys-spine.parquet", "keys-deliveries.parquet"):
        frame = pl.read_parquet(zone / name)
        for field in IDENTITY_FIELDS:
            assert frame[field].drop_nulls().bin.size().unique().to_list() == [16]
            hashes |= set(frame[field].drop_nulls())
    assert len(hashes) > 120
    for path in files(custody):
        if path.suffix == ".parquet" and not path.name.startswith("keys-"):
            frame = pl.read_parquet(path)
            assert pl.Binary not in frame.dtypes
            assert not [name for name in frame.columns if name.startswith("f_")]
            content = readable(path)
            assert not [1 for one in hashes if one in content or one.hex().encode() in content]


def test_no_identifier_is_in_any_file_or_message(left):
    custody, _, heard = left
    wanted = {
        row[name]
        for row in nation()
        for name in IDENTIFIERS
        if row[name] is not None and len(row[name]) >= 6
    } | {f"learner-{number}" for number in range(40)}
    pattern = re.compile("|".join(sorted(wanted, key=len, reverse=True)))
    assert not pattern.search(heard)
    for path in files(custody):
        assert not pattern.search(readable(path).decode("latin-1")), path.name


def test_the_sites_own_scan_finds_nothing_once_the_keyed_hashes_are_gone(left, tmp_path):
    custody, _, _ = left
    site = Site(Path(shutil.copytree(custody.site.root, tmp_path / "site")))
    assert {found.kind for found in scan_site(site).found} == {"identifier columns"}
    for path in site.zone("linkage").glob("keys-*.parquet"):
        path.unlink()
    assert scan_site(site).found == ()


@pytest.fixture
def closures(tmp_path):
    """What travels to the workers of a cluster, after it was used here; and its key."""
    (tmp_path / "key").write_bytes(hashlib.sha256(b"a key of this test").digest())
    source = FileKey(tmp_path / "key").pinned()
    hashes = FieldHashes(source)
    rows = pl.DataFrame(nation(), infer_schema_length=None).with_columns(
        pl.col("person_id").alias("row_id"), pl.col("valid_from").alias("reference_date")
    )
    births = delivered_births(rows["birth_date"].unique(), hashes)
    keyings = [
        (DELIVERY, DeliveryKeying(hashes, Forms(), ("delivery_id", "pupil_row"))),
        (SPINE, SpineKeying(hashes, Forms(), births)),
        (SPINE, TailKeying(hashes, Forms(), frozenset({"2015"}))),
    ]
    readings = [Reading(role, keying, tuple(rows.columns)) for role, keying in keyings]
    assert all(reading(rows).height == rows.height for reading in readings)
    return readings, source


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_no_key_and_no_birth_date_travels_to_the_workers(closures):
    readings, source = closures
    cloudpickle = pytest.importorskip("pyspark.cloudpickle")
    subkeys = [source.subkey(f"keyed-hash/{field}") for field in FIELDS]
    secrets = [(source.path).read_bytes(), *(one.reveal() for one in subkeys)]
    identifiers = {
        row[name] for row in nation() for name in IDENTIFIERS if len(row[name] or "") > 5
    }
    born = {row["birth_date"] for row in nation()}
    for reading in readings:
        for travels in (
            pickle.dumps(reading),
            cloudpickle.dumps(lambda block, r=reading: r(block)),
        ):
            assert not [1 for secret in secrets for form in forms(secret) if form in travels]
            text = travels.decode("latin-1")
            assert not [1 for one in identifiers | born if one in text]
            assert not [1 for one in born if f"{one[:4]}-{one[4:6]}-{one[6:]}" in text]
            assert not [1 for one in born if int(one).to_bytes(4, "little") in travels]


def test_the_spine_keyed_for_the_delivered_dates_is_that_for_all_dates_elsewhere_null(closures):
    _, source = closures
    hashes = FieldHashes(source)
    rows = pl.DataFrame(nation(), infer_schema_length=None)
    some = rows["birth_date"].unique().sort()[:5]
    every = SpineKeying(hashes, Forms(), None)(rows)
    few = SpineKeying(hashes, Forms(), delivered_births(some, hashes))(rows)
    wanted = rows["birth_date"].is_in(some.implode())
    assert 0 < wanted.sum() < rows.height
    assert few.filter(wanted).equals(every.filter(wanted))
    assert few.filter(~wanted)["address"].null_count() == (~wanted).sum()
    rest = pl.exclude("address", "home")
    assert few.select(rest).equals(every.select(rest))


def test_equal_values_of_two_fields_have_unequal_hashes(left):
    custody, _, _ = left
    hasher = hasher_of(custody, custody.config.round.id)
    frame = pl.DataFrame({"a": ["910000000"]})
    found = frame.select(hasher.key(name, ("a",)).alias(name) for name in FIELDS)
    assert len(set(found.row(0))) == len(FIELDS)


def test_a_missing_part_makes_a_missing_key_and_never_the_hash_of_nothing(left):
    custody, _, _ = left
    hasher = hasher_of(custody, custody.config.round.id)
    frame = pl.DataFrame({"a": ["x", None, "x", None], "b": ["y", "y", None, None]})
    found = frame.select(hasher.key("bsn", ("a", "b")).alias("k"))["k"]
    assert found.is_null().to_list() == [False, True, True, True]


def test_parts_do_not_run_into_each_other(left):
    custody, _, _ = left
    hasher = hasher_of(custody, custody.config.round.id)
    frame = pl.DataFrame({"a": ["32", "3"], "b": ["1", "21"]})
    assert frame.select(hasher.key("home", ("a", "b")).alias("k"))["k"].n_unique() == 2


def test_another_round_has_other_hashes(left):
    custody, _, _ = left
    custody.vault.ensure(linkage_key("2027-M"))
    frame = pl.DataFrame({"a": ["910000000"]})
    one, other = (
        frame.select(hasher_of(custody, name).key("bsn", ("a",))).item()
        for name in (custody.config.round.id, "2027-M")
    )
    assert one != other
    assert "Secret" not in repr(hasher_of(custody, "2027-M"))
