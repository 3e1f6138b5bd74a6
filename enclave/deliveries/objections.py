"""Parents' objections: the school leaves the pupil out, and states in time that it asked.

Schools register objections and approve the export before 7 March of each year
(ncoinformatiepunt.nl, data used for the growth reports). Without that statement nothing is used.
"""

from datetime import date

from enclave.deliveries.manifest import Statement
from enclave.deliveries.problems import DeliveryProblem

LAST_APPROVAL = (3, 7)
"""Month and day."""


def check_objections(statement: Statement, reference_date: date) -> None:
    """Raises unless objections were registered and the export approved in time."""
    if not statement.objections_registered or statement.objections < 0:
        raise DeliveryProblem("objections_not_registered", "delivery.json, objections_registered")
    if statement.export_approved_on > date(reference_date.year, *LAST_APPROVAL):
        raise DeliveryProblem("export_approved_too_late", "delivery.json, export_approved_on")
