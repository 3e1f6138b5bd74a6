"""Files made elsewhere, by example."""

import json
import struct
import zlib

from specifications.expectations import WHOLE, Finds, Gives
from specifications.forms import Ask, Case, File, Specification, only

FINE = "region,n\nnorth,120\nsouth,85\n"
TEN = only(minimum_units=10)


def _case(says, rule, content, found="UNSAFE", *, name="result.csv", policy=TEN, **arguments):
    """A file in which the rule finds something (``found`` is the verdict), or nothing."""
    data = content if isinstance(content, bytes) else content.encode()
    ask = Ask("scan_file" if arguments else "custom", arguments, File(name, data))
    cells = (WHOLE,) if found else ()
    return Case(says, (ask,), policy, (Finds(rule, cells), Gives(found or "REVIEW")))


def _specification(rule, title, words, *cases):
    return Specification("files", rule, title, words, cases)


def _form():
    people, kind, limits = "read_by_people", "file_kind", "file_limits"
    deep = "[" * 33 + "]" * 33
    return (
        _specification(
            people, "People read it",
            "Nobody but people can say what a file means. Its content is scanned, and even when "
            "nothing is found it is never released without people deciding.",
            _case("A sentence.", people, "The model explains half of the variance.\n", "REVIEW",
                   name="model.txt"),
            _case("A table of large counts.", people, FINE, "REVIEW"),
        ),
        _specification(
            kind, "The kind of the file",
            "Files are CSV, text, JSON or PNG. The content decides, and the suffix says the same.",
            _case("Another suffix.", kind, FINE, name="result.xlsx"),
            _case("A PDF that is called text.", kind, b"%PDF-1.7\n", name="result.txt"),
            _case("A table is a table.", kind, FINE, None),
        ),
        _specification(
            limits, "The size of the file",
            "A file is small enough for a person to read it.",
            _case("Lists in lists, 33 deep; 32 are allowed.", limits, deep, name="result.json"),
            _case("One less.", limits, deep[1:-1], None, name="result.json"),
        ),
        _specification(
            "structure", "The form of the file",
            "A table has rows of equal length, and a document can be read in one way only.",
            _case("A row has one cell too many.", "structure", "region,n\nnorth,120,7\n"),
            _case("A key stands twice.", "structure", '{"n": 120, "n": 85}', name="result.json"),
            _case("Rows of equal length.", "structure", FINE, None),
        ),
        _specification(
            "hidden_content", "What nobody sees",
            "Nothing in a file is invisible, packed or markup: what nobody can see, nobody can "
            "check.",
            _case("A character without a width.", "hidden_content",
                   "region,n\nnor\u200bth,120\nsouth,85\n"),
            _case("Markup.", "hidden_content", "See <script>x</script>\n", name="notes.md"),
            _case("Words and numbers.", "hidden_content", FINE, None),
        ),
        _specification(
            "formulas", "Cells that a spreadsheet runs",
            "No cell of a CSV begins like a formula. Negative numbers may stand there.",
            _case("A formula.", "formulas", "region,n\n=1+1,120\nsouth,85\n"),
            _case("A number below zero.", "formulas", "region,n,estimate\nnorth,120,-0.5\n", None),
        ),
    )  # fmt: skip


def _people():
    known = frozenset({"P-00123"})
    codes = "code,n\n" + "".join(f"{place:016x},{99 + place}\n" for place in (9, 10, 11, 12))
    born = "date of birth,n\n2010-03-05,120\n2011-07-19,85\n"
    return (
        _specification(
            "national_numbers", "Dutch national numbers",
            "Nine digits that pass the test of a BSN or an education number are found when they "
            "are more than chance explains: one in eleven numbers passes. One number alone is "
            "named for people.",
            _case("Two of two.", "national_numbers",
                   "who,n\n111222333,120\n123456782,85\n"),
            _case("One number in a text.", "national_numbers", "Ask for 111222333.\n", "REVIEW",
                   name="notes.txt"),
            _case("Numbers that do not pass.", "national_numbers",
                   "amount,n\n111222334,120\n123456783,85\n", None),
        ),
        _specification(
            "known_identifiers", "Identifiers of the project",
            "No identifier that the project knows occurs, however it is separated.",
            _case("One occurs in the text.", "known_identifiers", "P00123 was left out.\n",
                   name="notes.txt", known_identifiers=known),
            _case("None occurs.", "known_identifiers", "Nobody was left out.\n", None,
                   name="notes.txt", known_identifiers=known),
        ),
        _specification(
            "pseudonyms", "Pseudonyms and hashes",
            "No column holds codes of 16 characters and more, as pseudonyms and hashes are.",
            _case("Four codes.", "pseudonyms", codes),
            _case("Words.", "pseudonyms", FINE, None),
        ),
        _specification(
            "postcodes", "Full postcodes", "No column holds full postcodes.",
            _case("Letters and digits.", "postcodes", "place,n\n1234 AB,120\n5678 CD,85\n"),
            _case("The first two digits.", "postcodes", "place,n\n12,120\n56,85\n", None),
        ),
        _specification(
            "e_mail", "Addresses", "No address for e-mail occurs.",
            _case("An address.", "e_mail", "Questions: somebody@example.org\n", name="notes.txt"),
            _case("No address.", "e_mail", "Questions: ask at the desk @ nine.\n", None,
                   name="notes.txt"),
        ),
        _specification(
            "birth_dates", "Dates of birth",
            "No column holds dates of birth: its name says so, or its dates are mostly different "
            "and follow no fixed step.",
            _case("The name says so.", "birth_dates", born),
            _case("The first days of months.", "birth_dates",
                   "month,n\n2020-01-01,120\n2020-02-01,85\n2020-03-01,97\n", None),
        ),
    )  # fmt: skip


def png(*extra):
    """A picture of one pixel, with more chunks."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        *extra,
        (b"IDAT", zlib.compress(b"\x00\x80")),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _contents():
    rows = "".join(f"{place * 1.37:.2f},{place * 2.11:.2f}\n" for place in range(10))
    nested = json.dumps({"n": 9, "group": "north"})
    return (
        _specification(
            "unit_rows", "Rows that are people",
            "Rows are groups and not units. A table of groups says how many units are behind each "
            "row, or which statistic it holds.",
            _case("Ten rows of different measures, and nothing counts units.", "unit_rows",
                   f"height,weight\n{rows}"),
            _case("A column with the number of units.", "unit_rows", FINE, None),
        ),
        _specification(
            "small_counts", "Small counts",
            "No count lies from 1 to below `minimum_units`. Columns are taken for counts by their "
            "name, or when a table holds whole numbers only.",
            _case("A count of 9.", "small_counts", "region,n\nnorth,120\nsouth,9\n"),
            _case("In a text.", "small_counts", "The others were left out (n = 9).\n",
                   name="notes.txt"),
            _case("Under a key.", "small_counts", nested, name="result.json"),
            _case("A count of 10.", "small_counts", "region,n\nnorth,120\nsouth,10\n", None),
        ),
        _specification(
            "rounding", "Counts that are said to be rounded",
            "Where the policy has a `rounding_base`, or the file is said to be rounded, counts are "
            "multiples of it.",
            _case("85 is no multiple of 10.", "rounding", FINE,
                   policy=only(rounding_base=10)),
            _case("Both are multiples of 5.", "rounding", FINE, None,
                   policy=only(rounding_base=5)),
        ),
        _specification(
            "picture", "Pictures",
            "A picture holds pixels and nothing else: no text beside them, no bytes behind them.",
            _case("A text beside the pixels.", "picture", png((b"tEXt", b"note\x00hidden")),
                   name="chart.png"),
            _case("Bytes behind the end.", "picture", png() + b"hidden", name="chart.png"),
            _case("Pixels.", "picture", png(), None, name="chart.png"),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (*_form(), *_people(), *_contents())
"""What is found in the content of files."""
