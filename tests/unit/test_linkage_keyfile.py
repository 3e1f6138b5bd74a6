"""Which files hold a linkage key, and that no message shows a byte of one."""

import base64
import hashlib
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from enclave.errors import EnclaveError, InputError, RefusedError
from enclave.linkage.keyfile import FileKey, exposure, read_key

RANDOM = hashlib.sha512(b"for this test").digest()
KEY = RANDOM[:32]


def written(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        KEY,
        KEY.hex().encode(),
        KEY.hex().upper().encode() + b"\n",
        b"  " + KEY.hex().encode() + b"\r\n",
    ],
    ids=["raw", "hex", "upper case hex", "hex between blanks"],
)
def test_one_key_in_many_forms(tmp_path, content):
    assert read_key(written(tmp_path, content)).reveal() == KEY


def test_a_longer_key_is_kept_whole(tmp_path):
    assert read_key(written(tmp_path, RANDOM)).reveal() == RANDOM
    assert read_key(written(tmp_path, RANDOM.hex().encode())).reveal() == RANDOM


def test_base64_is_read_in_both_alphabets(tmp_path):
    assert read_key(written(tmp_path, base64.b64encode(RANDOM) + b"\n")).reveal() == RANDOM
    assert read_key(written(tmp_path, base64.urlsafe_b64encode(RANDOM))).reveal() == RANDOM


TYPED = "correct horse battery staple, and again: correct horse battery"
REFUSED = {
    "empty": b"",
    "31 bytes": RANDOM[:31],
    "31 bytes as hex": RANDOM[:31].hex().encode(),
    "63 hex digits": KEY.hex()[:63].encode(),
    "zeros": bytes(32),
    "zeros as hex": b"00" * 32,
    "one byte": b"\xa7" * 64,
    "counting": bytes(range(64)),
    "counting down": bytes(range(200, 100, -1)),
    "in steps": bytes(7 * n % 256 for n in range(64)),
    "counting as hex": bytes(range(64)).hex().encode(),
    "few bytes again": KEY[:8] * 8,
    "digits in a row as hex": b"0123456789abcdef" * 4,
    "typed": TYPED.encode(),
    "62 typed digits": b"31415926535897932384626433832795028841971693993751058209749445",
    "typed over lines": TYPED.replace(" ", "\n").encode() + b"\n",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_short_and_guessable_keys_are_refused(tmp_path, content):
    with pytest.raises(RefusedError, match="at least 32 random bytes"):
        read_key(written(tmp_path, content))


GUESSED = {
    "one word in the alphabet of base64": b"correcthorsebatterystaplecorrecthorsebattery",
    "typed with an accent": "een wachtwoord met één accent erin, lang genoeg".encode(),
    "typed in Latin-1": "een wachtwoord met één accent erin, lang genoeg".encode("latin-1"),
    "typed in UTF-16": TYPED.encode("utf-16"),
    "64 typed digits": b"3141592653589793238462643383279502884197169399375105820974944592",
}


@pytest.mark.parametrize("content", GUESSED.values(), ids=GUESSED)
def test_typed_text_is_refused_in_any_encoding(tmp_path, content):
    with pytest.raises(RefusedError, match="at least 32 random bytes"):
        read_key(written(tmp_path, content))


def test_base64_without_padding_is_base64(tmp_path):
    text = base64.urlsafe_b64encode(KEY).rstrip(b"=")
    assert read_key(written(tmp_path, text)).reveal() == KEY


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_no_file_is_an_input_error(tmp_path, make):
    path = tmp_path / "key"
    make(path)
    with pytest.raises(InputError, match="key file is there"):
        read_key(path)


def test_a_large_file_is_no_key(tmp_path):
    read_key(written(tmp_path, RANDOM * 64))
    with pytest.raises(InputError, match="one key and nothing else"):
        read_key(written(tmp_path, RANDOM * 64 + b"x"))


@pytest.mark.parametrize("content", [*REFUSED.values(), RANDOM * 65], ids=[*REFUSED, "large"])
def test_no_message_shows_a_byte_of_the_key(tmp_path, content):
    with pytest.raises(EnclaveError) as caught:
        read_key(written(tmp_path, content))
    message = "".join(traceback.format_exception(caught.value))
    if len(content) > 8:
        for start in range(0, len(content) - 8, 4):
            piece = content[start : start + 8]
            assert piece.hex() not in message
            assert repr(piece)[2:-1] not in message
            assert piece.decode("latin-1") not in message


def test_a_key_file_shows_and_keeps_no_key(tmp_path):
    key = FileKey(written(tmp_path, KEY))
    subkey = key.subkey("keyed-hash/bsn")
    assert KEY.hex() not in repr(key) + repr(subkey) + repr(vars(key))
    assert len(subkey.reveal()) == 32
    pinned = key.pinned()
    for held in (key, pinned):
        travels = pickle.dumps(held) + repr(vars(held)).encode()
        for secret in (KEY, subkey.reveal()):
            assert secret not in travels
            assert secret.hex()[:16].encode() not in travels
    assert pinned.mark not in repr(pinned)
    assert hashlib.sha256(KEY).hexdigest()[:16] != pinned.mark, "nobody can look it up"


READ = """
import sys
from pathlib import Path
from enclave.errors import InputError
from enclave.linkage.keyfile import read_key
try:
    read_key(Path(sys.argv[1]))
except InputError as error:
    print(error)
"""


def read_elsewhere(path, **given):
    """What is told of a key file that another process gives; it never waits."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True, text=True, check=True, timeout=60, **given,
    )  # fmt: skip
    return done.stdout


def test_a_pipe_a_terminal_and_a_device_are_refused_before_they_are_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "regular file" in read_elsewhere(pipe), "nobody writes, and nobody waits"
    told = read_elsewhere("/dev/stdin", input=KEY.hex())
    assert "regular file" in told
    assert KEY.hex() not in told
    for device in ("/dev/null", "/dev/zero"):
        with pytest.raises(InputError, match="regular file"):
            read_key(Path(device))


def test_a_process_substitution_is_refused_and_what_it_gives_is_not_read(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, KEY)
    with pytest.raises(InputError, match="a pipe, a terminal or another device"):
        read_key(Path(f"/dev/fd/{reading}"))
    assert os.read(reading, 64) == KEY
    os.close(reading)
    os.close(writing)


def test_a_link_to_a_key_file_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(written(tmp_path, KEY))
    assert read_key(tmp_path / "link").reveal() == KEY


def test_another_key_in_the_same_place_is_refused_once_pinned(tmp_path, monkeypatch):
    path = written(tmp_path, KEY)
    monkeypatch.chdir(tmp_path)
    pinned = FileKey(Path("key")).pinned()
    monkeypatch.chdir("/")
    assert pinned.subkey("a").reveal() == FileKey(path).subkey("a").reveal()
    path.write_bytes(KEY.hex().encode())
    assert pinned.subkey("a").reveal() == FileKey(path).subkey("a").reveal(), "the same key"
    path.write_bytes(RANDOM[32:])
    with pytest.raises(InputError, match="changed while it was used") as caught:
        pinned.subkey("a")
    assert RANDOM[32:].hex() not in str(caught.value)


@pytest.mark.parametrize(
    ("mode", "found"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o622, 1), (0o644, 1)]
)
def test_a_key_file_that_others_may_open_is_a_finding(tmp_path, mode, found):
    path = written(tmp_path, KEY)
    path.chmod(mode)
    assert len(exposure(path)) == found


def test_subkeys_differ_by_purpose_vintage_and_key(tmp_path):
    path = written(tmp_path, KEY)
    one = FileKey(path).subkey("a").reveal()
    assert FileKey(path).subkey("a").reveal() == one
    others = [FileKey(path).subkey("b"), FileKey(path, "2").subkey("a")]
    other_key = tmp_path / "other"
    other_key.write_bytes(RANDOM[32:])
    others.append(FileKey(other_key).subkey("a"))
    assert len({one, *(secret.reveal() for secret in others)}) == 4


def test_the_subkey_is_hkdf_of_rfc_5869(tmp_path):
    """Worked out with HMAC alone: extract with an empty salt, expand by one block."""
    import hmac

    extracted = hmac.digest(bytes(32), KEY, "sha256")
    expected = hmac.digest(extracted, b"linkage/2026/keyed-hash/bsn\x01", "sha256")
    path = written(tmp_path, KEY.hex().encode())
    assert FileKey(path, "2026").subkey("keyed-hash/bsn").reveal() == expected
