"""Django's settings, made from a site. Nothing is read from the environment."""

from pathlib import Path
from typing import Any

from enclave.custody import Custody
from enclave.ids import KeyName

SESSION_KEY = KeyName("site/desk-session")
IDLE_SECONDS = 30 * 60
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "csp",
)
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "enclave.release.desk.middleware.no_store",
)
CONTEXT_PROCESSORS = (
    "django.template.context_processors.csrf",
    "django.contrib.auth.context_processors.auth",
    "enclave.release.desk.words.in_context",
)


def desk_settings(custody: Custody, hosts: tuple[str, ...] = LOOPBACK) -> dict[str, Any]:
    """Settings of the desk of one site.

    Accounts and sessions live in ``desk.sqlite``; receipts stay in the registry. The secret of
    sessions derives from a key of the vault.
    """
    from csp.constants import NONE, SELF

    custody.vault.ensure(SESSION_KEY)
    return {
        "DEBUG": False,
        "SECRET_KEY": custody.vault.derive(SESSION_KEY, "django").reveal().hex(),
        "ALLOWED_HOSTS": list(hosts),
        "ROOT_URLCONF": "enclave.release.desk.urls",
        "INSTALLED_APPS": list(APPS),
        "MIDDLEWARE": list(MIDDLEWARE),
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [str(Path(__file__).with_name("templates"))],
                "OPTIONS": {"context_processors": list(CONTEXT_PROCESSORS)},
            }
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(custody.site.root / "desk.sqlite"),
            }
        },
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "LOGIN_URL": "/login",
        "LOGIN_REDIRECT_URL": "/",
        "LOGOUT_REDIRECT_URL": "/login",
        "CSRF_USE_SESSIONS": True,
        "CSRF_FAILURE_VIEW": "enclave.release.desk.views.forged",
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_AGE": IDLE_SECONDS,
        "SESSION_SAVE_EVERY_REQUEST": True,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "X_FRAME_OPTIONS": "DENY",
        "USE_TZ": True,
        "LOGGING_CONFIG": None,
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": [NONE],
                "style-src": [SELF],
                "img-src": [SELF],
                "form-action": [SELF],
                "frame-ancestors": [NONE],
                "base-uri": [NONE],
            }
        },
        "ENCLAVE_SITE_ROOT": str(custody.site.root),
    }
