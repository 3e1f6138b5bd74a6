"""What can be granted, and what a view says about its columns.

``LEVELS`` lists all levels of a category, absent ones included: a level that does not occur in the
data is still a level, and its zero may tell something.
"""

PUPIL_COLUMNS = (
    "sex", "birth_year", "origin", "household_income", "household_form", "parental_education",
)  # fmt: skip
SCHOOL_COLUMNS = ("denomination", "province")
GRANTABLE = (*PUPIL_COLUMNS, *SCHOOL_COLUMNS)
"""Background that a grant may name. Municipality is left out: it points at small places."""

ALWAYS = (
    "pupil", "school", "school_year", "grade", "domain", "provider", "scale", "score_m", "score_e",
    "growth",
)  # fmt: skip
FORBIDDEN = ("person_key", "person_id", "person_status", "school_code", "delivery_id", "test_date")
"""Never in a view, whatever the grant says."""

LEVELS: dict[str, tuple[object, ...]] = {
    "sex": ("M", "V"),
    "origin": ("Netherlands", "Europe", "outside Europe"),
    "household_income": ("low", "middle", "high"),
    "household_form": ("two parents", "one parent", "other"),
    "parental_education": ("low", "middle", "high"),
    "denomination": ("public", "Christian", "other"),
    "province": (
        "Groningen", "Friesland", "Drenthe", "Overijssel", "Flevoland", "Gelderland", "Utrecht",
        "Noord-Holland", "Zuid-Holland", "Zeeland", "Noord-Brabant", "Limburg",
    ),
    "grade": (3, 4, 5, 6, 7, 8),
    "domain": ("RW", "BL", "SP"),
}  # fmt: skip
