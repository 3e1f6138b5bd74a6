"""Starting the desk: Django is set up once, accounts are made, waitress serves."""

from typing import Any

from enclave.custody import Custody
from enclave.errors import UsageError
from enclave.ids import PersonName
from enclave.release.desk.settings import LOOPBACK, desk_settings

MINIMUM_PASSWORD = 12


def set_up(custody: Custody, hosts: tuple[str, ...] = LOOPBACK) -> None:
    """Configures Django for a site and brings its database of accounts up to date."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    if not settings.configured:
        settings.configure(**desk_settings(custody, hosts))
        django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def application() -> Any:
    """The desk as a WSGI application; ``set_up`` comes first."""
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def has_accounts() -> bool:
    """Whether anybody can log in."""
    from django.contrib.auth import get_user_model

    return bool(get_user_model().objects.exists())


def set_password(custody: Custody, name: PersonName, password: str) -> None:
    """Gives a person of the configuration an account with this password.

    Raises:
        UsageError: no such person, or the password is too short.
    """
    from django.contrib.auth import get_user_model

    if not any(person.name == name for person in custody.config.people):
        raise UsageError(
            "Accounts are for people of the site.",
            where="enclave.toml, people",
            next_step="add the person there with a role",
        )
    if len(password) < MINIMUM_PASSWORD:
        raise UsageError(
            f"A password has at least {MINIMUM_PASSWORD} signs.", next_step="choose a longer one"
        )
    users = get_user_model().objects
    user, _ = users.get_or_create(username=str(name))
    user.set_password(password)
    user.save()


def serve(host: str, port: int) -> None:
    """Serves the desk until it is stopped."""
    import waitress

    waitress.serve(application(), host=host, port=port, threads=4, ident="desk")
