"""The notebooks that researchers read first: they run, and show nothing that they warn about."""

import os
import re
import runpy
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import jupytext
import nbformat
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.render import STYLE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NAMES = ("first_look", "check_before_submit")
PAGES = (
    "tutorials/checked-table.md",
    "how-to/make-a-figure.md",
    "how-to/check-and-submit.md",
    "how-to/hand-over-records.md",
    "how-to/round-or-perturb.md",
    "how-to/protect-linked-tables.md",
)
LONGEST_CELL = 26
RUNNER = """
import sys, jupytext, nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
script, socket, done = sys.argv[1:]
notebook = jupytext.read(script, fmt="py:percent")
kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
notebook.metadata["kernelspec"] = kernel
manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=socket)
NotebookClient(notebook, km=manager, timeout=300).execute()
nbformat.write(notebook, done)
"""
THRESHOLD = 10


class Tables(HTMLParser):
    """The captions and figures of the library's own tables in a page."""

    def __init__(self):
        super().__init__()
        self.found = []
        self._within = None

    def handle_starttag(self, tag, _attributes):
        if tag == "table":
            self.found.append(("", []))
        if tag in {"caption", "td"}:
            self._within = tag
        if tag == "td":
            self.found[-1][1].append("")
        if tag == "sup":
            self._within = None

    def handle_endtag(self, tag):
        if tag == self._within:
            self._within = None

    def handle_data(self, data):
        caption, cells = self.found[-1] if self.found else ("", [])
        if self._within == "caption":
            self.found[-1] = (caption + data, cells)
        elif self._within == "td":
            cells[-1] += data


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Every notebook after a real kernel ran it, in a folder without an enclave around it."""
    done = {}
    for name in NAMES:
        folder = tmp_path_factory.mktemp(name)
        known = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        environment = {**known, "IPYTHONDIR": str(folder / "i"), "TMPDIR": str(folder)}
        arguments = [
            sys.executable,
            "-c",
            RUNNER,
            FOLDER / f"{name}.py",
            folder / "k",
            folder / "done",
        ]
        ran = subprocess.run(
            arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        done[name] = nbformat.read(folder / "done", as_version=4)
    return done


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The names that every notebook leaves behind when it runs as a plain script."""
    done = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            folder = tmp_path_factory.mktemp(f"{name}-script")
            patch.setenv("ENCLAVE_OUTBOX", str(folder / "outbox"))
            patch.setattr(tempfile, "tempdir", str(folder))
            patch.chdir(folder)
            done[name] = runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    return done


def outputs_of(notebook):
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def html_of(notebook):
    return [
        out["data"]["text/html"]
        for out in outputs_of(notebook)
        if "text/html" in out.get("data", {})
    ]


def text_of(notebook):
    return [out.get("text") or out["data"].get("text/plain", "") for out in outputs_of(notebook)]


def is_small(figure):
    number = figure.replace(",", "").strip()
    return re.fullmatch(r"\d+", number) is not None and 0 < int(number) < THRESHOLD


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_runs_and_none_fails(executed, name):
    cells = [cell for cell in executed[name].cells if cell.cell_type == "code"]
    assert len(cells) > 15
    assert all(cell["execution_count"] for cell in cells)
    assert not [out for out in outputs_of(executed[name]) if out.output_type == "error"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_to_the_error_stream(executed, name):
    assert [out.text for out in outputs_of(executed[name]) if out.get("name") == "stderr"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_masked_table_is_among_what_the_reader_sees(executed, name):
    page = "".join(html_of(executed[name]))
    assert STYLE["p"] in page
    assert STYLE["s"] in page


@pytest.mark.parametrize("name", NAMES)
def test_no_table_of_counts_shows_a_number_below_the_threshold(executed, name):
    reader = Tables()
    reader.feed("".join(html_of(executed[name])))
    own = [(caption, cells) for caption, cells in reader.found if "policy" in caption]
    assert len(own) >= 4
    assert [caption for caption, cells in own if any(map(is_small, cells))] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_printed_line_shows_a_count_below_the_threshold(executed, name):
    lines = [line for text in text_of(executed[name]) for line in text.splitlines()]
    figures = [re.search(r": ([\d,]+)$", line) for line in lines]
    assert sum(figure is not None for figure in figures) > 10
    assert [found.string for found in figures if found and is_small(found[1])] == []


def test_the_small_cells_of_the_first_table_are_those_counted_by_hand(scripts):
    names = scripts["first_look"]
    counted = names["pupils"].group_by("origin", "grade").len()
    small = counted.filter(pl.col("len") < THRESHOLD).select("origin", "grade").rows()
    assert small
    for output in (names["table"], names["safe"]):
        hidden = output.released.filter(pl.col("value").is_null()).select("origin", "grade").rows()
        assert set(small) <= set(hidden)
        page = output._repr_html_()
        assert not [row for _, cells in read(page) for row in cells if is_small(row)]
    assert names["table"].findings.select("origin", "grade").rows() == small


def read(page):
    reader = Tables()
    reader.feed(page)
    return reader.found


@pytest.mark.parametrize("name", NAMES)
def test_no_output_of_a_notebook_shows_a_cell_of_too_few_pupils(scripts, name):
    tables = [
        value
        for value in scripts[name].values()
        if isinstance(value, dc.Output) and value.table is not None
    ]
    assert tables
    for output in tables:
        least = output.policy.minimum_units
        few = output.table.cells["units"].is_between(1, least - 1)
        assert output.released["value"].filter(few).is_null().all()


def test_the_first_look_meets_what_it_tells_about(scripts):
    names = scripts["first_look"]
    assert names["table"].verdict is dc.Verdict.UNSAFE
    assert names["safe"].verdict is dc.Verdict.SAFE
    assert set(names["level"].findings["rule"]) == {"group_disclosure"}
    assert names["model"].verdict is dc.Verdict.UNSAFE
    assert names["way_out"].verdict is dc.Verdict.SAFE
    for name in ("growth", "quartiles", "histogram", "curve"):
        assert names[name].verdict is dc.Verdict.SAFE, name
    assert names["anonymous"].k >= THRESHOLD
    assert names["anonymous"].levels["school"] > 0
    found = dict(
        names["by_place"]
        .released.filter(pl.col("sex") == dc.TOTAL)
        .select("school", "status")
        .rows()
    )
    assert {found["Cedar"], found["Cedar 1"], found["Alder 1"]} == {"hidden"}
    assert {found["North"], found["South"]} == {"shown"}


def test_two_safe_tables_are_found_out_together_and_the_fix_mends_it(scripts):
    names = scripts["check_before_submit"]
    assert names["everybody"].verdict is names["without"].verdict is dc.Verdict.SAFE
    together = names["together"]
    assert together.verdict is dc.Verdict.UNSAFE
    equations = together.findings["equation"].drop_nulls()
    titles = [names[name].recipe.title for name in ("everybody", "without")]
    assert any(all(title in equation for title in titles) for equation in equations)
    assert names["mended"].verdict is dc.Verdict.SAFE
    assert names["with_support"].verdict is dc.Verdict.SAFE


def test_people_decide_on_a_median_an_extreme_and_a_file_and_records_are_refused(scripts):
    names = scripts["check_before_submit"]
    for name in ("median", "extremes", "improved"):
        assert names[name].verdict is dc.Verdict.REVIEW, name
    assert names["records"].verdict is dc.Verdict.UNSAFE


def test_three_refusals_are_printed_before_the_bundle_is_accepted(executed):
    texts = text_of(executed["check_before_submit"])
    starts = ("A submission states", "Every variable is described", "Submit safe outputs")
    assert [start for start in starts if not any(text.startswith(start) for text in texts)] == []


def test_the_bundle_lies_in_the_outbox_and_can_be_computed_again(scripts):
    names = scripts["check_before_submit"]
    receipt = names["receipt"]
    assert [path.name for path in names["outbox"].iterdir()] == [receipt.bundle]
    bundle = dc.read_bundle(names["outbox"] / receipt.bundle)
    assert len(bundle.outputs) == receipt.outputs == len(names["study"].outputs)
    assert bundle.questions == receipt.questions
    assert len(receipt.questions) >= 2
    for own in bundle.outputs:
        again = dc.recompute(own.recipe, own.evidence)
        assert dc.judge(again, own.released).verdict is not dc.Verdict.UNSAFE


@pytest.mark.parametrize("name", NAMES)
def test_the_cells_are_short_and_each_idea_is_told_in_words(name):
    cells = jupytext.read(FOLDER / f"{name}.py", fmt="py:percent").cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    words = [cell for cell in cells if cell.cell_type == "markdown"]
    assert [cell.source for cell in code if cell.source.count("\n") >= LONGEST_CELL] == []
    assert len(words) >= 0.6 * len(code)
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_the_manual_run_and_print_what_they_say(
    scripts, page, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    known = {name: scripts["first_look"][name] for name in ("pupils", "schools")}
    names = {"dc": dc, "pl": pl, "outbox": tmp_path / "outbox", **known}
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert examples
    for code in examples:
        exec(code, names)  # noqa: S102 - the manual's own examples
    printed = capsys.readouterr().out
    for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL):
        assert block.rstrip("\n") in printed
