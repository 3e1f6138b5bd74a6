"""Fields are the keyed hashes of their values, however the rows come in blocks."""

import gc
import pickle
import random

import polars as pl
import pytest

from enclave.linkage.fields import FieldHashes
from enclave.linkage.keyfile import FileKey
from enclave.linkage.keys import open_hasher


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(random.Random(3).randbytes(32))
    return FileKey(path)


def by_hand(source, values):
    return values.to_frame("v").select(open_hasher(source).field("f_birth", "v")).to_series()


def test_a_field_is_the_hash_of_its_value_in_every_block(source):
    chance = random.Random(1)
    hashes = FieldHashes(source)
    for block in range(12):
        size = chance.choice([0, 1, 50, 3000])
        values = [
            chance.choice([None, f"v{chance.randrange(50 * (block + 1))}"]) for _ in range(size)
        ]
        given = pl.Series(values, dtype=pl.String)
        found = hashes.of("f_birth", given)
        assert found.dtype == pl.Int32
        assert found.to_list() == by_hand(source, given).to_list()
        del given, found
        gc.collect()


def test_two_fields_have_other_hashes_of_one_value(source):
    hashes, one = FieldHashes(source), pl.Series(["1"])
    assert hashes.of("f_birth", one)[0] != hashes.of("f_number", one)[0]


def test_what_was_hashed_does_not_travel_and_neither_does_the_key(source):
    hashes = FieldHashes(source)
    before = hashes.of("f_birth", pl.Series(["canary-20150101"]))
    travelled = pickle.dumps(hashes)
    assert b"canary" not in travelled
    key = source.path.read_bytes()
    assert key not in travelled
    assert key.hex().encode() not in travelled
    again = pickle.loads(travelled)  # noqa: S301 - our own bytes
    assert again.of("f_birth", pl.Series(["canary-20150101"])).equals(before)
    assert "canary" not in repr(hashes)
