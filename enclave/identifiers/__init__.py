"""Normal forms of identifiers. Null means missing or not usable; nothing is guessed."""

from enclave.identifiers.birth_date import birth_date
from enclave.identifiers.house import house_addition, house_number, house_parts
from enclave.identifiers.numbers import citizen_service_number, education_number
from enclave.identifiers.postcode import postcode
from enclave.identifiers.sex import SEX_CODES, sex

__all__ = [
    "SEX_CODES",
    "birth_date",
    "citizen_service_number",
    "education_number",
    "house_addition",
    "house_number",
    "house_parts",
    "postcode",
    "sex",
]
