"""A secret does not show by accident."""

import copy
import dataclasses
import logging
import pickle
import traceback

import msgspec
import pytest

from enclave.custody import Secret

CANARY = b"canary-7f3a-never-shown"


@dataclasses.dataclass
class Holder:
    key: Secret


def shows(text):
    return CANARY.decode() in text or CANARY.hex() in text


def test_a_secret_gives_its_bytes_only_when_asked():
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "form",
    [
        repr,
        str,
        "{}".format,
        "{!r}".format,
        "{!s}".format,
        ascii,
        lambda secret: f"{secret}",
        lambda secret: f"{secret=}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - the old form is tested too
        lambda secret: repr([secret, {"key": secret}]),
        lambda secret: repr(Holder(secret)),
    ],
)
def test_no_way_to_write_it_shows_it(form):
    assert not shows(form(Secret(CANARY)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol):
    with pytest.raises(TypeError, match="neither pickled nor copied") as caught:
        pickle.dumps(Secret(CANARY), protocol)
    assert not shows(str(caught.value))


@pytest.mark.parametrize(
    "use",
    [
        copy.copy,
        copy.deepcopy,
        hash,
        msgspec.json.encode,
        bytes,
        lambda secret: dataclasses.asdict(Holder(secret)),
        lambda secret: f"{secret:>10}",
        vars,
    ],
)
def test_what_would_copy_or_spread_it_fails(use):
    with pytest.raises(TypeError) as caught:
        use(Secret(CANARY))
    assert not shows("".join(traceback.format_exception(caught.value)))


def test_a_traceback_with_local_variables_does_not_show_it():
    def fails(key):
        raise ValueError(str(key))

    try:
        fails(Secret(CANARY))
    except ValueError as error:
        full = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(full.format())
    assert "Secret(hidden)" in text
    assert not shows(text)


def test_a_log_line_does_not_show_it(caplog):
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("key %s %r", Secret(CANARY), Secret(CANARY))
    assert "hidden" in caplog.text
    assert not shows(caplog.text)


def test_secrets_compare_by_their_bytes():
    assert Secret(CANARY) == Secret(bytes(CANARY))
    assert Secret(CANARY) != Secret(CANARY[:-1])
    assert Secret(CANARY) != CANARY
