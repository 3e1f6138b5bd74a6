"""What goes in, what comes out, and the kinds of tables: sums, several records, empty cells."""

import numpy as np
import polars as pl
import pytest
from differencing_worlds import plain, table

from disclosure_control.differencing import Cells, PublishedCell, compare, exact, find_differences
from disclosure_control.errors import InvalidInputError
from disclosure_control.verdict import Verdict


@pytest.fixture(params=["exhaustive", "scaling"])
def route(request, monkeypatch):
    if request.param == "scaling":
        monkeypatch.setattr(exact, "MOST_COLUMNS", -1)
    return request.param


def codes(units=("a", "b"), cells=(0, 1)):
    return pl.DataFrame(
        {"unit": units, "cell": cells}, schema={"unit": pl.String, "cell": pl.Int32}
    )


def sums(name, values, hidden=()):
    """A table of sums of income from unit: (cell, value)."""
    cells = sorted({cell for cell, _ in values.values()})
    published = {
        cell: (
            {cell},
            cell not in hidden,
            None if cell in hidden else sum(v for c, v in values.values() if c == cell),
        )
        for cell in cells
    }
    records = [(unit, cell) for unit, (cell, _) in values.items()]
    return table(
        name,
        records,
        published,
        kind="sum",
        variable="income",
        values=[v for _, v in values.values()],
    )


@pytest.mark.parametrize(
    "frame",
    [
        None,
        pl.DataFrame({"unit": ["a"]}),
        pl.DataFrame({"unit": [1], "cell": [0]}),
        pl.DataFrame({"unit": ["a"], "cell": [0.5]}),
        pl.DataFrame({"unit": ["a", None], "cell": [0, 1]}),
        pl.DataFrame({"unit": ["a"], "cell": [None]}, schema={"unit": pl.String, "cell": pl.Int32}),
        pl.DataFrame({"unit": ["a"], "cell": [-1]}),
        pl.DataFrame({"unit": ["a"], "cell": [2**40]}),
    ],
)
def test_codes_that_do_not_fit_are_refused(frame):
    with pytest.raises(InvalidInputError):
        Cells("t", frame, ())


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "mean"},
        {"kind": "sum"},
        {"kind": "sum", "variable": "v"},
        {"kind": "sum", "values": [1.0, 2.0]},
        {"variable": "v"},
        {"kind": "sum", "variable": "v", "values": [1.0]},
        {"kind": "sum", "variable": "v", "values": [1.0, None]},
        {"kind": "sum", "variable": "v", "values": [1.0, float("nan")]},
        {"kind": "sum", "variable": "v", "values": [1.0, float("inf")]},
    ],
)
def test_kinds_variables_and_values_that_do_not_fit_are_refused(options):
    with pytest.raises(InvalidInputError):
        Cells("t", codes(), (), **options)


@pytest.mark.parametrize("places", [[0, 0], [-1]])
def test_places_that_repeat_or_are_negative_are_refused(places):
    with pytest.raises(InvalidInputError):
        PublishedCell("x", np.array(places), shown=True)


def test_a_threshold_below_one_is_refused():
    with pytest.raises(InvalidInputError):
        find_differences([plain("T1", [("a", "x")])], [], 0)


def test_no_text_form_shows_a_unit_a_value_or_a_size():
    records = [(f"secret{place}", "x") for place in range(30)]
    cells = plain("T1", records)
    (found,) = find_differences([plain("T2", records[7:])], [cells], 10)
    for text in (repr(cells), repr(cells.published[0]), repr(found)):
        assert "secret" not in text
        assert "30" not in text
        assert "23" not in text
        assert "units" not in text
    assert found.units == 7


def test_nothing_and_empty_tables_give_nothing_away():
    assert compare([], [], 10).verdict is Verdict.SAFE
    empty = Cells("t", codes([], []), (PublishedCell("x", np.array([0]), shown=True, value=0.0),))
    assert compare([empty], [], 10).verdict is Verdict.SAFE
    nobody = Cells("t", codes(), ())
    assert compare([nobody], [empty, nobody], 10).verdict is Verdict.SAFE


def test_a_small_cell_that_is_shown_is_a_group_by_itself(route):
    records = [(f"u{place}", "x" if place < 4 else "y") for place in range(30)]
    (found,) = find_differences([plain("T1", records)], [], 10)
    assert (found.equation, found.units, found.tables) == ("a small group = x of T1", 4, ("T1",))


def test_sums_without_one_unit_give_its_value_away(route):
    values = {f"u{place:02d}": ("ab"[place % 2], 10.0 + place) for place in range(40)}
    fewer = {unit: value for unit, value in values.items() if unit != "u06"}
    (found,) = find_differences([sums("T2", fewer)], [sums("T1", values)], 10)
    assert found.equation == "a small group = a of T1 - a of T2"
    assert found.arithmetic == "580 - 564 = 16"
    assert (found.units, found.exact, found.variable) == (1, True, "income")


def test_units_with_nothing_to_add_do_not_hide_the_others(route):
    values = {f"u{place:02d}": ("a", 10.0 if place % 6 == 0 else 0.0) for place in range(72)}
    fewer = {unit: value for unit, value in values.items() if unit >= "u12"}
    (found,) = find_differences([sums("T2", fewer)], [sums("T1", values)], 10)
    assert found.units == 2


def test_sums_of_parts_and_of_a_whole_without_a_few(route):
    values = {f"u{place:02d}": ("in", 1.0 + place) for place in range(60)}
    parts = [
        sums(f"T{part}", {u: v for u, v in values.items() if int(u[1:]) % 3 == part})
        for part in range(3)
    ]
    whole = sums("T9", {u: v for u, v in values.items() if u >= "u04"})
    (found,) = find_differences([whole], parts, 10)
    assert found.equation == "a small group = in of T0 + in of T1 + in of T2 - in of T9"
    assert found.arithmetic.endswith("= 10")


def test_a_hidden_sum_comes_back(route):
    values = {f"u{place:02d}": ("abc"[place % 3], 5.0) for place in range(90)}
    total = {unit: ("all", value) for unit, (_, value) in values.items()}
    (found,) = find_differences([sums("T2", total)], [sums("T1", values, hidden={"b"})], 10)
    assert found.equation == "b of T1 = all of T2 - a of T1 - c of T1"
    assert found.units == 30


def test_sums_of_different_variables_and_counts_are_not_mixed(route):
    values = {f"u{place:02d}": ("a", 5.0) for place in range(40)}
    fewer = {unit: value for unit, value in values.items() if unit >= "u03"}
    one, other = sums("T1", values), sums("T2", fewer)
    different = Cells(
        "T2", other.codes, other.published, kind="sum", variable="wealth", values=[5.0] * 37
    )
    counted = plain("T3", [(unit, "a") for unit in fewer])
    assert find_differences([different, counted], [one], 10) == ()
    assert find_differences([other], [one], 10) != ()


def test_a_unit_with_two_values_is_one_unit(route):
    """Ten contributions of five people are five people."""
    records = [(f"u{place:02d}", place % 2) for place in range(60)]
    values = {unit: [10.0 + place, 200.0 + place] for place, (unit, _) in enumerate(records)}

    def twice(name, units):
        rows = [(u, "a") for u in units for _ in range(2)]
        given = [v for u in units for v in values[u]]
        return table(
            name,
            rows,
            {"a": ({"a"}, True, sum(given))},
            kind="sum",
            variable="income",
            values=given,
        )

    everybody = sorted(values)
    (found,) = find_differences([twice("T2", everybody[5:])], [twice("T1", everybody)], 10)
    assert (found.units, found.exact) == (5, True)
    assert (
        find_differences([twice("T3", everybody[10:])], [twice("T1", everybody)], 10) == ()
        or route == "scaling"
    )


def test_two_values_of_one_unit_in_different_cells_are_one_unit():
    """Five people have two values each; a table of both kinds of values tells these apart."""

    def incomes(name, rows):
        published = {
            cell: ({cell}, True, sum(v for _, c, v in rows if c == cell))
            for cell in {c for _, c, _ in rows}
        }
        records = [(unit, cell) for unit, cell, _ in rows]
        values = [v for _, _, v in rows]
        return table(name, records, published, kind="sum", variable="income", values=values)

    rows = [
        (f"u{place:02d}", kind, 100.0 * place + 10 * (kind == "y") + 1)
        for place in range(40)
        for kind in "xy"
    ]
    both = incomes("T1", [(u, "all", v) for u, _, v in rows])
    kinds = incomes("T2", rows)
    fewer = incomes("T3", [(u, "all", v) for u, _, v in rows if u >= "u05"])
    found = find_differences([fewer], [both, kinds], 10)
    assert [(one.units, one.exact) for one in found] == [(5, True)]
    assert found[0].equation == "a small group = all of T1 - all of T3"


def test_several_records_of_one_unit_are_one_unit(route):
    """Twelve records of four people are four people."""
    rows = [(f"u{place:02d}", "a") for place in range(40) for _ in range(3)]
    fewer = [row for row in rows if row[0] >= "u04"]
    found = find_differences([plain("T2", fewer)], [plain("T1", rows)], 10)
    assert [one.units for one in found] == [4]
    assert found[0].exact
    assert found[0].arithmetic == "120 - 108 = 3 x 4"


def test_a_unit_in_two_cells_of_one_table_counts_in_both(route):
    rows = [(f"u{place:02d}", "a") for place in range(30)] + [
        (f"u{place:02d}", "b") for place in range(25, 60)
    ]
    first = plain("T1", rows)
    everybody = plain("T2", [(f"u{place:02d}", "all") for place in range(60)])
    (found,) = find_differences([everybody], [first], 10)
    assert found.equation == "a small group = a of T1 + b of T1 - all of T2"
    assert (found.units, found.arithmetic) == (5, "30 + 35 - 60 = 5")


def test_an_empty_hidden_cell_comes_back_with_the_hidden_cell_beside_it(route):
    records = [(f"u{place:02d}", "yes") for place in range(40)]
    first = table(
        "T1",
        records,
        {
            "yes": ({"yes"}, False, None),
            "no": ({"no"}, False, None),
            "all": ({"yes", "no"}, True, 40),
        },
    )
    alone = find_differences([first], [], 10)
    other = plain("T2", records)
    found = find_differences([other], [first], 10)
    told = {one.equation for one in (*alone, *found)}
    assert "no of T1 = all of T1 - yes of T1" in told


def test_a_search_that_did_not_bound_hidden_cells_or_try_every_coefficient_says_so(route):
    found = compare([plain("T1", [(f"u{place}", "x") for place in range(30)])], [], 10)
    assert found.intervals_checked == (route == "exhaustive")
    assert found.exhaustive == (route == "exhaustive")


def test_more_groups_than_are_worth_naming_are_counted_and_stay_a_finding():
    records = [(f"u{place:03d}", f"c{place:03d}") for place in range(130)]
    found = find_differences([plain("T1", records)], [], 10)
    assert len(found) == exact.MOST_NAMED + 1
    assert found[-1].subject == "undecided"
    assert found[-1].equation == "30 more groups and hidden cells follow from these tables"


def test_very_long_equations_are_cut_and_say_so():
    parts = [
        plain(f"T{part:02d}", [(f"p{part}-{place}", "in") for place in range(20)])
        for part in range(40)
    ]
    whole = [(f"p{part}-{place}", "in") for part in range(40) for place in range(20)]
    (found,) = find_differences([plain("T99", whole[3:])], parts, 10)
    assert found.exact
    assert found.equation.endswith(" and 17 further cells")
    assert len(found.tables) == 41
