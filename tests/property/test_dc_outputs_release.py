"""What the desk sees: the same verdict from evidence, every forgery found, and words that tell."""

import ast
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from output_worlds import KINDS, TABLES, output_of, people, protected, shown, study_of
from polars.testing import assert_frame_equal
from table_oracle import table_of
from table_worlds import arguments_of, frame_of, library_table, world_of

import disclosure_control as dc
from disclosure_control.models import CORRELATION_RULES, MODEL_RULES
from disclosure_control.outputs.custom_files import CUSTOM_RULES
from disclosure_control.outputs.recipe import read_recipe
from disclosure_control.verdict import Verdict
from disclosure_control.words import DUTCH

PACKAGE = Path(dc.__file__).parent


def anew(output):
    """The output as the desk makes it: from the recipe's text and the evidence."""
    return dc.recompute(read_recipe(output.recipe.to_json()), output.evidence)


# --- the desk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["cbs", "opensafely", "acro"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_desk_comes_to_the_verdict_of_the_study(kind, policy):
    output = output_of(kind, policy=policy)
    again = anew(output)
    assert again.verdict is output.verdict
    assert_frame_equal(again.findings, output.findings, check_row_order=False)
    assert_frame_equal(again.released, output.released, rel_tol=1e-9, check_row_order=False)
    if output.verdict is not Verdict.UNSAFE:
        assert dc.judge(again, output.released).verdict is output.verdict
    safe = protected(output)
    if safe is not None:
        assert dc.judge(anew(safe), safe.released).verdict is safe.verdict is Verdict.SAFE


def test_the_desk_comes_to_the_verdict_of_the_study_on_random_tables():
    judged = 0
    for seed in range(3_000, 3_060):
        world = world_of(seed)
        if world.statistic != "count" or any(not v for v in table_of(world)[1].values()):
            continue
        made = arguments_of(world)
        names = ("unit", "levels", "hierarchies", "impossible")
        study = dc.Study(policy="nco_report", **{name: made[name] for name in names})
        output = study.crosstab(frame_of(world), list(world.dimensions), weight=world.weight)
        assert anew(output).verdict is output.verdict
        safe = protected(output)
        if safe is not None:
            assert dc.judge(anew(safe), safe.released).verdict is Verdict.SAFE, seed
            judged += 1
    assert judged > 5


def test_a_file_made_elsewhere_is_judged_alike(tmp_path):
    for name, text in (("a.csv", "region,n\nnorth,120\n"), ("b.txt", "n = 3\n")):
        (tmp_path / name).write_text(text)
        output = study_of().custom(tmp_path / name)
        assert dc.judge(anew(output), output.released).verdict is output.verdict
        assert output.verdict is not Verdict.SAFE


def forgeries(output, released):
    """Released figures with one change each; every one of them is a lie."""
    at = released["status"].to_list().index("shown")
    true = released["value"][at]

    def put(value, status="shown", place=at):
        rows = [list(row) for row in released.rows()]
        rows[place][-2:] = [value, status]
        return pl.DataFrame(rows, schema=released.schema, orient="row")

    yield "another value", put((true or 0.0) + 1.0)
    yield "the other sign", put(-(true or 0.0) - 1.0)
    yield "infinite", put(float("inf"))
    yield "hidden with its value", put(true if true is not None else 1.0, "hidden")
    yield "a missing cell", released.filter(pl.int_range(pl.len()) != at)
    yield "a cell twice", pl.concat([released, released[at : at + 1]])
    yield (
        "another label",
        released.with_columns(
            pl.when(pl.int_range(pl.len()) == at)
            .then(pl.lit("other"))
            .otherwise(pl.first())
            .name.keep()
        ),
    )
    yield "values as text", released.with_columns(pl.col("value").cast(pl.String))
    yield "a column less", released.drop("status")
    if true is not None:
        yield "no value and shown", put(None)
        yield "not a number", put(float("nan"))
    figures = output.figures.to_list()
    unsafe = output.evaluation.flagged(output.evaluation.unsafe)
    for place, status in enumerate(released["status"]):
        if status != "shown" and unsafe[place] and figures[place] is not None:
            yield "an unsafe cell shown", put(figures[place], "shown", place)
            yield "an unsafe cell hidden with its value", put(figures[place], "hidden", place)
            yield "another word for shown", put(figures[place], "Shown", place)
            break


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_changed_in_what_is_handed_in_is_unsafe(kind):
    output = output_of(kind)
    safe = protected(output) or output
    if not shown(safe):
        safe = output
    again = anew(safe)
    seen = 0
    for name, released in forgeries(safe, safe.released):
        assert dc.judge(again, released).verdict is Verdict.UNSAFE, name
        seen += 1
    assert seen > 8


@pytest.mark.parametrize("kind", TABLES)
def test_unsafe_cells_hidden_alone_can_be_computed_back_and_that_is_found(kind):
    told = set()
    for policy in ("cbs", "ess", "acro"):
        output = output_of(kind, policy=policy)
        if output.verdict is not Verdict.UNSAFE or protected(output) is None:
            continue
        assessment = dc.judge(anew(output), output.released)
        assert assessment.verdict is Verdict.UNSAFE
        told |= set(assessment.findings["rule"])
    assert told & {"subtraction", "derivable"}


def test_evidence_that_is_not_of_the_data_is_counted():
    output = output_of("sum")
    true, forged = output.evidence, output.evidence.with_columns(value=pl.col("value") + 1)
    assert dc.compare_evidence(true, true) == 0
    assert dc.compare_evidence(true[:-5], true) == 0
    assert dc.compare_evidence(pl.concat([true, true[:2]]), true) == 2
    assert dc.compare_evidence(forged, true) > 300


def test_a_recipe_cannot_make_the_policy_milder():
    output = output_of("count")
    other = replace(output.recipe, policy="nco_report")
    assert dc.recompute(other, output.evidence, output.policy).policy.name == "cbs"


# --- large inputs -----------------------------------------------------------------------------


def test_input_read_in_shards_gives_the_same_tables(monkeypatch):
    import disclosure_control.contributions as module

    worlds = [world_of(seed) for seed in range(4_000, 4_120)]
    worlds = [w for w in worlds if w.unit and all(table_of(w)[1].values()) and len(w.records) > 20]
    whole = [library_table(world).cells for world in worlds]
    outputs = {kind: output_of(kind).released for kind in KINDS}
    monkeypatch.setattr(module, "SHARD_ROWS", 9)
    for world, cells in zip(worlds, whole, strict=True):
        again = library_table(world).cells
        assert_frame_equal(again, cells, rel_tol=1e-9, abs_tol=1e-9)
    monkeypatch.setattr(module, "SHARD_ROWS", 150)
    for kind, released in outputs.items():
        assert_frame_equal(output_of(kind).released, released, rel_tol=1e-9)
    assert len(worlds) > 20


# --- words ------------------------------------------------------------------------------------


def names_in_use():
    """Every rule of the registries, and every name that a finding gets in the code."""
    yield from (rule.name for rule in (*dc.RULES, *MODEL_RULES, *CORRELATION_RULES, *CUSTOM_RULES))
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if called and node.func.id == "Finding" and len(node.args) > 1:
                name = node.args[1]
                if isinstance(name, ast.Constant):
                    yield name.value


def test_every_rule_has_dutch_words():
    assert sorted(set(names_in_use()) - set(DUTCH)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_explanations_do_not_follow_the_figures(kind):
    one, other = output_of(kind), output_of(kind, changed())
    assert one.verdict is other.verdict
    for lang in ("en", "nl"):
        if one.findings.equals(other.findings):
            assert one.explain(lang) == other.explain(lang)
        for output in (one, protected(one) or one):
            text = output.explain(lang)
            assert text
            assert [v for v in hidden_values(output) if v in text] == []


def changed():
    """The same records, the values a little larger: who is in a cell does not change."""
    return people().with_columns(pl.col("v") * 1.0625)


def hidden_values(output):
    """Figures of hidden cells as they could be written; those of one digit tell nothing here."""
    figures = output.evaluation.figures.filter(output.released["status"] == "hidden")
    values = [value for value in figures["value"] if value is not None]
    texts = {form for v in values for form in (f"{v:g}", f"{v:.4g}", f"{v:,.2f}", repr(v))}
    return {text for text in texts if len(text) > 3}


def test_an_explanation_of_small_counts_is_the_same_for_all_small_counts():
    def told(small, lang):
        rows = {"big": 80, "bigger": 90, "few": small, "none": 30}
        frame = pl.DataFrame({"g": [name for name, many in rows.items() for _ in range(many)]})
        output = dc.Study("nco_report").crosstab(frame, ["g"])
        return (
            output.explain(lang),
            repr(output),
            output._repr_html_().replace(str(200 + small), ""),
        )

    for lang in ("en", "nl"):
        texts = [told(small, lang)[0] for small in range(1, 6)]
        assert len(set(texts)) == 1
        assert "few" in texts[0]


# --- HTML -------------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<b>bold</b>", "a&b;&lt;",
    "' onmouseover='x", "</td></tr></table>", "]]>", "<!--", "javascript:x", "\u202egnp", "a\nb",
)  # fmt: skip


class Tags(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text, self.others = set(), set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


ALLOWED = {"div", "table", "caption", "strong", "thead", "tbody", "tr", "th", "td", "b", "p"}


@pytest.mark.parametrize("form", ["crosstab", "quantiles", "survival", "ols", "mode"])
def test_html_shows_hostile_labels_as_text_and_has_no_script(form):
    labels = [HOSTILE[at % len(HOSTILE)] for at in range(400)]
    column = "<script>\"'&"
    data = people().with_columns(pl.Series(column, labels))
    study, title = study_of("nco_report"), HOSTILE[0]
    output = {
        "crosstab": lambda: study.crosstab(data, [column], ["g"], title=title),
        "quantiles": lambda: study.quantiles(data, "v", by=[column], title=title),
        "survival": lambda: study.survival(
            data, "t", "event", by=[column], times=[2.0], title=title
        ),
        "ols": lambda: study.ols(data.rename({column: "c"}), "v ~ C(c)", title=title),
        "mode": lambda: study.mode(data, column, by=["g"], title=title),
    }[form]()
    for page in (output._repr_html_(), (protected(output) or output)._repr_html_()):
        read = Tags()
        read.feed(page)
        read.close()
        assert read.tags <= ALLOWED
        assert read.attributes <= {"style", "scope"}
        assert read.others == []
        text = "".join(read.text)
        absent = [label for label in HOSTILE if label not in text]
        assert len(absent) <= (form == "ols"), absent  # a model has no figure of one level
