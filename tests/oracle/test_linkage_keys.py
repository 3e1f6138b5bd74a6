"""Keyed hashes against RFC 4231 and the standard library."""

import hashlib
import hmac

import polars as pl
import pytest

from enclave.custody import Secret
from enclave.linkage import keys

CASES = (
    ("Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
)  # fmt: skip
SECRET = Secret(bytes(range(32)))


@pytest.mark.parametrize(("key", "data", "answer"), CASES)
def test_the_standard_library_gives_the_published_answer(key, data, answer):
    assert hmac.new(key.encode(), data.encode(), hashlib.sha256).hexdigest() == answer
    assert keys._knows_the_answer(native=True)
    assert keys._knows_the_answer(native=False)


@pytest.mark.parametrize("native", [True, False])
def test_both_hashers_give_the_first_128_bits_of_the_same_hmac(native):
    frame = pl.DataFrame({"a": ["123456789", "", "é", None]})
    message = pl.concat_str([pl.lit("bsn"), pl.lit("1"), pl.col("a")], separator="\x1f")
    hashed = frame.select(keys.digest(message, SECRET, native=native).alias("h"))["h"]
    text_key = SECRET.reveal().hex().encode()
    expected = [
        None if value is None
        else hmac.new(text_key, f"bsn\x1f1\x1f{value}".encode(), hashlib.sha256).digest()[:16]
        for value in frame["a"]
    ]  # fmt: skip
    assert hashed.to_list() == expected
    assert hashed.dtype == pl.Binary


def test_no_hasher_is_used_that_does_not_know_the_answer(monkeypatch):
    monkeypatch.setattr(keys, "_knows_the_answer", lambda *, native: False)
    with pytest.raises(keys.EnclaveError, match="RFC 4231"):
        keys.open_hasher(None, "2026-E")


def test_the_key_is_in_no_text_of_the_expression():
    message = pl.col("a")
    expression = keys.digest(message, SECRET, native=True)
    plan = pl.LazyFrame({"a": ["x"]}).select(expression).explain()
    for text in (repr(expression), str(expression), plan):
        assert SECRET.reveal().hex() not in text
