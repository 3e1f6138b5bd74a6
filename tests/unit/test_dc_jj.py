"""Files of tau-Argus: what is read, what is refused, what is written."""

import io
import re

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import disclosure_control as dc
from disclosure_control.audit import verify
from disclosure_control.suppression.construct import suppress
from disclosure_control.suppression.jj import read_jj, write_jj
from disclosure_control.suppression.problem import GroupDoubt, SuppressionProblem

PLAIN = """0
4
0 62 62 s 0 1000 0 0 0
1 20 20 u 0 1000 3 4 0
2 30 30 z 0 1000 0 0 0
3 12 12 s 0 1000 0 0 0
1
0 4 : 0 (-1) 1 (1) 2 (1) 3 (1)
"""


def read(text, **options):
    return read_jj(io.StringIO(text), **options)


def same(one, other):
    names = ("values", "costs", "primary", "lower_protection", "upper_protection",
             "lower_bounds", "upper_bounds")  # fmt: skip
    equal = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)
    return equal and (one.relations != other.relations).nnz == 0


def test_a_plain_file_is_read_as_it_says():
    problem = read(PLAIN)
    assert problem.values.tolist() == [62, 20, 30, 12]
    assert problem.costs.tolist() == [62, 20, np.inf, 12]
    assert problem.primary.tolist() == [False, True, False, False]
    assert problem.lower_protection.tolist() == [0, 3, 0, 0]
    assert problem.upper_protection.tolist() == [0, 4, 0, 0]
    assert problem.upper_bounds.tolist() == [1000] * 4
    assert problem.relations.toarray().tolist() == [[-1, 1, 1, 1]]
    assert problem.labels == ()
    assert not problem.integral


def test_what_is_read_can_be_protected():
    problem = read(PLAIN)
    pattern = suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [1, 3]
    assert verify(problem, pattern.suppressed, pattern.certificate)[0][1]


def test_blank_lines_carriage_returns_wrapped_relations_and_loose_brackets_do_not_matter():
    loose = PLAIN.replace("0 4 : 0 (-1) 1 (1)", "0.0 4 :0 ( -1 ) 1 ( 1 )\r\n\n ")
    loose = loose.replace("\n", "\r\n").replace("4\r\n0 62", "4\r\n\r\n  \r\n0 62")
    assert same(read(loose), read(PLAIN))


def test_indices_out_of_order_are_put_in_order():
    lines = PLAIN.split("\n")
    shuffled = "\n".join([*lines[:2], lines[5], lines[3], lines[2], lines[4], *lines[6:]])
    assert same(read(shuffled), read(PLAIN))
    assert read(shuffled).labels == ()


def test_indices_that_are_no_places_name_the_cells():
    text = PLAIN.replace("\n3 12", "\n17 12").replace(" 3 (1)", " 17 (1)")
    assert read(text).labels == ("cell 0", "cell 1", "cell 2", "cell 17")


def test_names_after_the_numbers_become_labels_also_in_latin_1(tmp_path):
    path = tmp_path / "names.jj"
    text = PLAIN.replace("3 4 0\n", '3 4 0 "Zürich Nord"\n')
    path.write_bytes(text.encode("latin-1"))
    assert read_jj(path).labels == ("cell 0", "Zürich Nord", "cell 2", "cell 3")


def test_cells_hidden_in_an_earlier_round_stay_hidden_and_protected():
    for status in "mb":
        assert read(PLAIN.replace(" u ", f" {status} ")).primary.tolist()[1]


def test_a_sliding_level_that_the_others_do_not_imply_widens_the_upper_one():
    assert read(PLAIN.replace("3 4 0", "3 4 9")).upper_protection[1] == 6
    assert read(PLAIN.replace("3 4 0", "3 4 7")).upper_protection[1] == 4


def test_nobody_doubts_below_a_lower_bound():
    text = PLAIN.replace("1 20 20 u 0 1000 3 4 0", "1 20 20 u 18 1000 3 4 0")
    assert read(text).lower_protection[1] == 2


def test_a_relation_with_a_constant_gets_a_cell_that_everybody_knows():
    text = PLAIN.replace("0 4 : 0 (-1)", "5 4 : 0 (-1)").replace("0 62 62", "0 57 57")
    problem = read(text)
    assert problem.values.tolist() == [57, 20, 30, 12, 5]
    assert np.isinf(problem.costs[4])
    assert problem.lower_bounds[4] == problem.upper_bounds[4] == 5
    assert problem.labels[-1] == "constant of the relation in line 8"
    assert not suppress(problem).suppressed[4]


def test_levels_of_safe_cells_say_nothing():
    assert read(PLAIN.replace("12 s 0 1000 0 0 0", "12 s 0 1000 5 5 0")).upper_protection[3] == 0


def test_values_off_by_their_rounding_are_shifted_until_they_fit():
    text = PLAIN.replace("0 62 62", "0 62.1 62").replace("1 20 20", "1 20.04 20")
    text = text.replace("0 1000", "-5 1000")
    problem = read(text.replace("0 62.1", "0 62.0"))
    assert np.abs(problem.relations @ problem.values).max() < 1e-9
    assert np.abs(problem.values - [62, 20.04, 30, 12]).max() < 0.04
    with pytest.raises(dc.InvalidInputError, match=r"Relation 1 \(line 8\)"):
        read(text.replace("62.1", "65.1"))


def test_whole_numbers_that_do_not_add_up_are_refused_when_everybody_knows_they_are_whole():
    text = PLAIN.replace("0 62 62", "0 63 62")
    with pytest.raises(dc.InvalidInputError, match="line 8"):
        read(text, integral=True)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("0\n4\n", "1\n4\n", "Line 1 .*0 in the first line"),
        ("0\n4\n", "0\nfour\n", "Line 2 .*number of cells"),
        ("1 20 20 u", "1 20 u", "Line 4 .*a cell: index"),
        ("1 20 20 u", "1 20 20 q", "Line 4 .*a status"),
        ("1 20 20 u", "0 20 20 u", "Line 4 .*index that no line"),
        ("1 20 20 u", "1.5 20 20 u", "Line 4 .*whole number as index"),
        ("1 20 20 u", "1 20 -7 u", "Line 4 .*at least 0"),
        ("1 20 20 u", "1 2O 20 u", "Line 4 .*numbers, with a point"),
        ("1 20 20 u", "1 nan 20 u", "Line 4 .*numbers, with a point"),
        ("u 0 1000", "u 21 1000", "Line 4 .*between its bounds"),
        ("3 4 0", "-3 4 0", "Line 4 .*at least 0"),
        ("0 4 : 0", "0 4 0", "Line 8 .*a relation"),
        ("0 4 : 0", "0 3 : 0", "Line 8 .*as many cells"),
        ("1 (1)", "9 (1)", "Line 8 .*indices of cells"),
        ("2 (1)", "1 (1)", "Line 8 .*each once"),
        ("1 (1)", "1 (2)", "Line 8 .*1 or -1"),
        ("3 (1)\n", "", "goes on with the rest of a relation"),
        ("3 (1)\n", "3 (1)\nmore\n", "Line 9 .*no line after"),
    ],
)
def test_other_files_are_refused_by_line_and_without_a_value(old, new, what):
    text = PLAIN.replace(old, new, 1) if old != "3 (1)\n" else PLAIN.replace(old, new)
    with pytest.raises(dc.InvalidInputError, match=what) as caught:
        read(text)
    assert not re.search(r"\b(62|20|30|12|2O|-7|1000)\b", str(caught.value))


def test_a_path_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(dc.InvalidInputError, match="can be read"):
        read_jj(tmp_path / "none.jj")


def problem_of(**changes):
    fields = {
        "values": np.array([5.0, 2, 3]), "costs": np.array([7.5, 2.25, np.inf]),
        "relations": csr_matrix(np.array([[-1.0, 1, 1]])),
        "primary": np.array([False, True, False]),
        "lower_protection": np.array([0.0, 1.5, 0]), "upper_protection": np.array([0.0, 1.5, 0]),
        "lower_bounds": np.zeros(3), "upper_bounds": np.array([9.0, np.inf, 9]),
    }  # fmt: skip
    return SuppressionProblem(**fields | changes)


def test_the_optimiser_gets_whole_costs_in_proportion_and_coefficients_in_plain_brackets(tmp_path):
    path = tmp_path / "out.jj"
    write_jj(problem_of(), path)
    lines = path.read_text().split("\n")
    assert lines[:2] == ["0", "3"]
    assert re.fullmatch(r"0 5 \d+ s 0 9 0 0 0", lines[2])
    assert lines[3].split()[3:] == ["u", "0", "1000000000000", "1.5", "1.5", "0"]
    assert lines[4].split()[3] == "z"
    assert lines[5:7] == ["1", "0 3 : 0 (-1) 1 (1) 2 (1)"]
    costs = [int(line.split()[2]) for line in lines[2:4]]
    assert costs[0] / costs[1] == pytest.approx(7.5 / 2.25, rel=1e-5)


def test_costs_as_they_are_and_names_come_back(tmp_path):
    path = tmp_path / "out.jj"
    problem = problem_of(labels=("Total", "a\nb", "c"), upper_bounds=np.array([9.0, 8, 9]))
    write_jj(problem, path, whole_costs=False, names=True)
    assert same(read_jj(path), problem)
    assert read_jj(path).labels == ("Total", "a b", "c")


def test_what_the_format_cannot_say_is_refused(tmp_path):
    doubtful = problem_of(doubts=(GroupDoubt(1, 0, 0.9),))
    with pytest.raises(dc.InvalidInputError, match="no place for doubts"):
        write_jj(doubtful, tmp_path / "out.jj")
