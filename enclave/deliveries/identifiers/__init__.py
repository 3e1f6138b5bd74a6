"""Normal forms of identifiers. Null means missing or not usable; nothing is guessed."""

from enclave.deliveries.identifiers.birth_date import birth_date
from enclave.deliveries.identifiers.house import house_addition, house_number, house_parts
from enclave.deliveries.identifiers.numbers import citizen_service_number, education_number
from enclave.deliveries.identifiers.postcode import postcode
from enclave.deliveries.identifiers.sex import SEX_CODES, sex

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
