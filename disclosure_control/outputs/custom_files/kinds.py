"""What kind of file something is, by its content; the suffix must say the same."""

import re

CSV, TEXT, JSON, PNG, OTHER = "csv", "text", "json", "png", "other"
SUFFIXES = {
    ".csv": CSV, ".tsv": CSV, ".txt": TEXT, ".log": TEXT, ".md": TEXT, ".json": JSON, ".png": PNG,
}  # fmt: skip
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ACCEPTED = "a file is CSV, text, JSON or PNG, and its suffix (.csv .tsv .txt .log .md .json .png)"
_BINARY = (
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"PK\x05\x06", "a zip archive or office document"),
    (b"PAR1", "a parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a feather file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstandard archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"#!", "a script"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "a database"),
    (b"\x93NUMPY", "a numpy array"),
    (b"RDX2", "an R data file"),
    (b"RDX3", "an R data file"),
    (b"$FL2", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"-----BEGIN", "a key or sealed file"),
    (b"age-encryption.org", "a sealed file"),
)
_PICKLE = re.compile(rb"\A(?:\x80[\x00-\x05]|\(?[dl]p\d+\n|c[\w.]+\n[\w.]+\n)")
_PROGRAM = re.compile(rb"\AMZ[^ -~\s]")
_MARKUP = re.compile(r"\A\s*<[!?a-z]", re.IGNORECASE)
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_HEAD = 1024


def suffix_kind(name: str) -> str:
    """The kind that the suffix of ``name`` stands for."""
    dot = name.rfind(".")
    return SUFFIXES.get(name[dot:].lower(), OTHER) if dot > 0 else OTHER


def refusal(data: bytes, suffix: str) -> str | None:
    """Why the content cannot be of the suffix's kind, in words; null when it may be."""
    if suffix == OTHER:
        return f"not among the accepted kinds: {ACCEPTED} says which"
    is_png = data.startswith(PNG_SIGNATURE)
    if is_png or suffix == PNG:
        return None if is_png and suffix == PNG else "suffix and content do not agree"
    strange = _binary(data)
    if strange:
        return f"not among the accepted kinds: the content is {strange}, whatever the suffix says"
    return None


def _binary(data: bytes) -> str | None:
    for signature, what in _BINARY:
        if data.startswith(signature):
            return what
    if _PICKLE.match(data):
        return "a pickle"
    if _PROGRAM.match(data):
        return "a program"
    if b"%PDF-" in data[:_HEAD]:
        return "a PDF document"
    if data.startswith(_UTF_16_OR_32):
        return "text in UTF-16 or UTF-32"
    return "binary" if b"\x00" in data else None


def is_markup(text: str) -> bool:
    """Whether the text is HTML, SVG or XML."""
    return bool(_MARKUP.match(text))
