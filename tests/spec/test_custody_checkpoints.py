"""Checkpoints are C2SP signed notes: what is accepted, and what is not."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enclave.custody import Checkpoint, Verifier, is_signed_by, read_note
from enclave.custody.notes import signed_note
from enclave.errors import InputError

# The example of Go's package golang.org/x/mod/sumdb/note, where the format comes from.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = Verifier.of(PRIVATE.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(VERIFIER.name, 17, bytes(range(32)))


def note(checkpoint=CHECKPOINT, verifier=VERIFIER, key=PRIVATE):
    return signed_note(checkpoint, verifier, key.sign(checkpoint.text.encode()))


def test_the_published_verifier_key_and_signature_are_understood():
    verifier = Verifier.parse(GO_KEY)
    blob = base64.b64decode(GO_SIGNATURE)
    assert verifier.name == "PeterNeumann"
    assert str(verifier) == GO_KEY
    assert blob[:4] == verifier.key_hash
    assert is_signed_by(verifier.public, GO_TEXT.encode(), blob[4:])


def test_a_checkpoint_has_this_form():
    lines = note().split("\n")
    assert lines[0] == VERIFIER.name
    assert lines[1] == "17"
    assert base64.b64decode(lines[2]) == CHECKPOINT.root
    assert lines[3] == ""
    assert lines[4].startswith(f"— {VERIFIER.name} ")
    assert lines[5:] == [""]


def test_what_is_signed_is_read_back():
    assert read_note(note(), VERIFIER) == CHECKPOINT


def test_a_witness_may_sign_beside_the_ledger():
    other = Ed25519PrivateKey.generate()
    witness = Verifier("witness.example/w1", other.public_key().public_bytes_raw())
    line = signed_note(CHECKPOINT, witness, other.sign(CHECKPOINT.text.encode())).rsplit("\n\n")[1]
    assert read_note(note() + line, VERIFIER) == CHECKPOINT
    assert read_note(note().replace("\n\n", "\n\n" + line), VERIFIER) == CHECKPOINT


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:0],
        lambda text: text[:-10],
        lambda text: text.replace("\n17\n", "\n18\n"),
        lambda text: text.replace("\n17\n", "\n017\n"),
        lambda text: text.replace("\n17\n", "\n-17\n"),
        lambda text: text.replace("\n17\n", "\n\u0661\u0667\n"),
        lambda text: text.replace("enclave-ledger", "another-ledger"),
        lambda text: text.replace("\n\n", "\nextension\n\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.partition("\n\n")[0] + "\n\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("—", "-"),
        lambda text: text * 500,
    ],
)
def test_anything_else_is_refused(damage):
    with pytest.raises(InputError, match="signed by this ledger's key"):
        read_note(damage(note()), VERIFIER)


def test_every_flipped_character_is_noticed():
    text = note()
    for place, character in enumerate(text):
        changed = text[:place] + chr(ord(character) ^ 1) + text[place + 1 :]
        with pytest.raises(InputError):
            read_note(changed, VERIFIER)


def test_another_keys_signature_under_our_name_is_refused():
    other = Ed25519PrivateKey.generate()
    with pytest.raises(InputError):
        read_note(note(key=other), VERIFIER)
    forged = Verifier(VERIFIER.name, other.public_key().public_bytes_raw())
    with pytest.raises(InputError):
        read_note(note(verifier=forged, key=other), VERIFIER)


@pytest.mark.parametrize(
    "text", ["", "name", "name+00000000+AAAA", str(VERIFIER)[:-4], "x" + str(VERIFIER), "++"]
)
def test_a_damaged_verifier_key_is_refused(text):
    with pytest.raises(InputError, match="name\\+hash\\+key"):
        Verifier.parse(text)
