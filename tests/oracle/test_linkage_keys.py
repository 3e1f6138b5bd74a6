"""Keyed hashes against RFC 4231 and the standard library."""

import hashlib
import hmac

import polars as pl
import pytest

from enclave.custody import Secret
from enclave.linkage import keys

CASES = (
    ("\x0b" * 20, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    ("Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ("\x0c" * 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
)  # fmt: skip
"""RFC 4231, cases 1, 2 and 5 (published with 128 bits); the others are no UTF-8 text."""

SECRET = Secret(bytes(range(32)))


@pytest.mark.parametrize(("key", "data", "answer"), CASES)
@pytest.mark.parametrize("native", [True, False])
def test_both_hashers_give_the_published_answers(key, data, answer, native):
    hashed = pl.DataFrame({"d": [data]}).select(keys._hmac(pl.col("d"), key, native=native)).item()
    assert hashed.hex() == answer[:32]
    assert (key, data, answer[:32]) in keys.KNOWN_ANSWERS


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


def test_without_the_compiled_hasher_the_standard_library_takes_over(monkeypatch):
    assert keys.open_hasher(None).native
    monkeypatch.setattr(keys, "polars_hash", None)
    assert not keys.open_hasher(None).native


def test_a_compiled_hasher_that_is_wrong_is_not_used(monkeypatch):
    right = keys._hmac
    monkeypatch.setattr(
        keys,
        "_hmac",
        lambda message, key, *, native: right(message, key + "x" * native, native=native),
    )
    assert not keys.open_hasher(None).native


def test_no_hasher_is_used_that_does_not_know_the_answers(monkeypatch):
    monkeypatch.setattr(keys, "_knows_the_answers", lambda *, native: False)
    with pytest.raises(keys.EnclaveError, match="RFC 4231"):
        keys.open_hasher(None)


@pytest.mark.parametrize("native", [True, False])
def test_the_key_is_in_no_text_of_the_expression(native):
    message = pl.col("a")
    expression = keys.digest(message, SECRET, native=native)
    plan = pl.LazyFrame({"a": ["x"]}).select(expression).explain()
    for text in (
        repr(expression),
        str(expression),
        plan,
        expression.meta.tree_format(return_as_string=True, schema={"a": pl.String}),
    ):
        assert SECRET.reveal().hex() not in text
        assert repr(SECRET.reveal()) not in text


@pytest.mark.parametrize("native", [True, False])
def test_an_error_while_hashing_shows_neither_key_nor_value(native):
    expression = keys.digest(pl.col("a"), SECRET, native=native)
    with pytest.raises(Exception) as caught:
        pl.DataFrame({"a": [912345678]}).select(expression)
    shown = f"{caught.value!r} {caught.value.__cause__!r}"
    assert SECRET.reveal().hex() not in shown
    assert "912345678" not in shown
