"""May this person do it? No storage, no state."""

from enclave.errors import RefusedError
from enclave.ids import PersonName
from enclave.receipts import RequestReceipt
from enclave.site import Config


def check_is_reviewer(config: Config, name: PersonName) -> None:
    """Raises unless the person has the role of reviewer."""
    if not any(person.name == name and person.role == "reviewer" for person in config.people):
        raise RefusedError(
            "Only reviewers see and decide requests.",
            where="enclave.toml, people",
            next_step="ask the data steward for the role",
        )


def check_may_decide(config: Config, request: RequestReceipt, name: PersonName) -> None:
    """Raises unless the person is a reviewer, not the author, and outside the project."""
    check_is_reviewer(config, name)
    if name == request.author:
        raise RefusedError(
            "Nobody decides on a request of their own.",
            where="four eyes",
            next_step="let another reviewer decide",
        )
    for grant in config.projects:
        if grant.id == request.project_id and name in grant.members:
            raise RefusedError(
                "Nobody decides for a project they belong to.",
                where=f"project {grant.id}",
                next_step="let another reviewer decide",
            )


def may_decide(config: Config, request: RequestReceipt, name: PersonName) -> bool:
    """The boolean twin of ``check_may_decide``."""
    try:
        check_may_decide(config, request, name)
    except RefusedError:
        return False
    return True
