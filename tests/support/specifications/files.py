"""Files made elsewhere, by example."""

from specifications.expectations import WHOLE, Finds, Gives
from specifications.forms import Ask, Case, File, Specification, only


def _custom_file():
    rule = "custom_file"
    ask = Ask("custom", {}, File("model.txt", b"The model explains half of the variance.\n"))
    return Specification(
        "files", rule, "A file made elsewhere",
        "Nobody but people can say what a file means. Its content is scanned, and even when "
        "nothing is found it is never released without people deciding.",
        (Case("A sentence.", (ask,), only(), (Finds(rule, (WHOLE,)), Gives("REVIEW"))),),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (_custom_file(),)
"""What is found in the content of files."""
