"""Settings of the web application and of every process that uses its tables.

All of them come from the environment; nothing needs to be set. See CONTRIBUTING for the list of variables.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from jobs.local.addresses import django_database
from jobs.local.home import CHECKOUT, Home, LocalError
from jobs.logged import FORMS
from jobs.machine import memory
from jobs.outgoing.networks import read_networks

HOME = Home.from_environment()
MTKD_HOME: Path = HOME.root
BASE_DIR: Path = CHECKOUT


def _number(name: str, default: float) -> float:
    given = os.environ.get(name, "")
    try:
        value = float(given) if given else default
    except ValueError:
        value = -1.0
    if value <= 0:
        raise ImproperlyConfigured(f"{name} must be a number above 0, but it is {given!r}.")
    return value


def _folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().resolve()


def _listed(name: str, separator: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(separator) if part.strip()]


DEBUG = os.environ.get("MTKD_DEBUG", "0") not in {"", "0", "false", "no"}
try:
    SECRET_KEY = os.environ.get("MTKD_SECRET_KEY") or HOME.secret_key()
    _database = django_database(os.environ.get("DATABASE_URL") or HOME.database_url)
except (LocalError, OSError) as problem:
    raise ImproperlyConfigured(str(problem)) from None
HOST = os.environ.get("MTKD_HOST") or "127.0.0.1"
PORT = int(_number("MTKD_PORT", 8000))
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", HOST, *_listed("MTKD_ALLOWED_HOSTS", ",")]

# --- Where things live: content in a folder of this host, or in a bucket (s3://NAME or s3://NAME/PREFIX)
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "jobs.storage.wholefiles.WholeFiles"},
    "staticfiles": {"BACKEND": "webapp.static_files.VersionedStorage"},
}
if (_stored_at := os.environ.get("MTKD_STORAGE", "")).startswith("s3://"):
    STORAGES["default"] = {"BACKEND": "jobs.storage.buckets.Bucket", "OPTIONS": {"address": _stored_at}}
    STORAGE: Path = MTKD_HOME / "storage"  # of no use then
else:
    STORAGE = _folder("MTKD_STORAGE", MTKD_HOME / "storage")
S3_ENDPOINT = os.environ.get("MTKD_S3_ENDPOINT") or None
S3_REGION = os.environ.get("MTKD_S3_REGION") or None
DATA_ROOTS: list[Path] = [
    Path(part).expanduser().resolve() for part in _listed("MTKD_DATA_ROOTS", os.pathsep)
] or [MTKD_HOME / "data"]

# --- Uploads: sizes in bytes, given in GB
GB = 10**9
LARGEST_UPLOAD = int(_number("MTKD_LARGEST_UPLOAD", 50) * GB)
LARGEST_PART = 64 * 2**20
PROJECT_QUOTA = int(_number("MTKD_PROJECT_QUOTA", 200) * GB)
STALE_UPLOAD_SECONDS = 24 * 3600

# --- Intervals of the protocol between supervisor, worker and reaper, all in seconds
TIME_SCALE = _number("MTKD_TIME_SCALE", 1.0)


def _scaled(seconds: float, *, least: float = 0.0) -> float:
    """Tests live faster; what depends on how fast a process starts has a least value."""
    return max(seconds * TIME_SCALE, min(seconds, least))


LEASE_SECONDS = _scaled(30, least=5)
HEARTBEAT_SECONDS = _scaled(7)
REAP_SECONDS = _scaled(10)
PULSE_SECONDS = _scaled(5)
PULSE_TIMEOUT = _scaled(20, least=3)
WORKER_BEAT_SECONDS = _scaled(10)
PUBLISH_SECONDS = _scaled(60)
CANCEL_GRACE_SECONDS = _scaled(25, least=3)
TERM_GRACE_SECONDS = _scaled(5, least=1)
STORAGE_SECONDS = _scaled(600, least=10)  # a storage that is away is waited for, then the job pauses
STALL_SECONDS = _scaled(_number("MTKD_STALL_MINUTES", 60) * 60, least=20)
SILENCE_SECONDS = _number("MTKD_SILENCE_HOURS", 24) * 3600  # of a job trained elsewhere
FLUSH_SECONDS = 0.5  # between transactions of a steady stream; the first line of one is recorded at once
NOTIFY_SECONDS = 0.25
MAX_LOST_ATTEMPTS = 3
METRIC_CHUNK_POINTS = 512
CHECKPOINT_DAYS = _number("MTKD_CHECKPOINT_DAYS", 14)
LOG_BYTES_KEPT = 4 * 2**20  # of one job in the database, newest first
LOG_BYTES_ON_DISK = 64 * 2**20  # of one attempt on its worker, and in the artifact

# --- This worker: its name, what it serves, on which device, within which limits
WORKER_NAME = os.environ.get("MTKD_WORKER", "")
QUEUES = _listed("MTKD_QUEUES", ",") or ["cpu"]
DEVICE = os.environ.get("MTKD_DEVICE") or "cpu"
JOB_MEMORY = int(_number("MTKD_JOB_MEMORY", 0.9 * memory()[0] / 10**9) * 10**9)  # given in GB
CACHE_BYTES = int(_number("MTKD_CACHE", 50) * 10**9)  # given in GB

# --- The engine: how it is started, on how many threads, and what a check of a dataset or teacher may take
ENGINE_COMMAND: list[str] = [sys.executable, "-m", "mtkd_engine"]
# One core stays free: two spinning training threads on two busy cores are slower than one.
THREADS = int(_number("MTKD_THREADS", min(max(1, (os.cpu_count() or 2) - 1), 8)))
CHECK_SECONDS = int(_number("MTKD_CHECK_SECONDS", 3600))
CHECK_MEMORY = int(_number("MTKD_CHECK_MEMORY", 4) * GB)  # given in GB
DECISION_SECONDS = _number("MTKD_DECISION_DAYS", 7) * 24 * 3600

# --- Applications
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "jobs",
    "webapp",
]
AUTH_USER_MODEL = "jobs.User"
ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "webapp.measuring.Measured",
    "webapp.middleware.ContentSecurityPolicy",  # early: files and errors carry the policy too
    "django.middleware.security.SecurityMiddleware",
    "webapp.static_files.VersionedFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "webapp.middleware.PermissionTable",
    "webapp.api.repeating.IdempotencyKeys",
    "webapp.api.limits.RateLimits",
    "webapp.api.etags.EntityTags",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database and broker: embedded unless an address is given
DATABASE_IS_EMBEDDED = not os.environ.get("DATABASE_URL")
BROKER_IS_EMBEDDED = not os.environ.get("BROKER_URL")
# Over a network, a database that is gone without a word (a dead host, a partition) is noticed within seconds.
_patience = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_database["OPTIONS"] = {**_patience, "tcp_user_timeout": 20_000, **_database["OPTIONS"]}
if os.environ.get("MTKD_PROCESS") == "web":
    # Threads of one ASGI process come and go: they share a pool. Forking processes must not have one.
    # Short times: while the database is away pages say so soon, and find it soon when it is back.
    _pool = {"min_size": 1, "max_size": 12, "timeout": 4, "reconnect_timeout": 2}
    # A web process that stands still (a paused machine) in a transaction must not keep the row of a job for ever;
    # the longest one waits for a part of an upload.
    _idle = "-c idle_in_transaction_session_timeout=10min"
    _bounded = f"{_database['OPTIONS'].get('options', '')} {_idle}".strip()
    _database["OPTIONS"] = {**_database["OPTIONS"], "pool": _pool, "options": _bounded}
else:
    _database["CONN_MAX_AGE"] = 600
_database["CONN_HEALTH_CHECKS"] = True
DATABASES: dict[str, dict[str, Any]] = {"default": _database}
BROKER_URL: str = os.environ.get("BROKER_URL") or HOME.broker_url

# --- People
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_FAILURE_VIEW = "webapp.pages.errors.csrf_failed"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# --- Browser safety that does not depend on a page
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- Webhooks: networks that are not public and that messages may be sent to all the same
try:
    WEBHOOK_PRIVATE = read_networks(os.environ.get("MTKD_WEBHOOK_PRIVATE", ""))
except ValueError as problem:
    raise ImproperlyConfigured(f"MTKD_WEBHOOK_PRIVATE: {problem}") from None
WEBHOOK_SECONDS = _scaled(2, least=0.5)  # between looks for messages that are due

# --- Language, time, static files
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "webapp.charts.PlotlyFinder",
]
WHITENOISE_USE_FINDERS = True

# --- REST: how many calls a token, or a person in a browser, may make in a minute
READS_PER_MINUTE = int(_number("MTKD_RATE_READS", 6000))
WRITES_PER_MINUTE = int(_number("MTKD_RATE_WRITES", 1200))
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "webapp.api.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["webapp.api.permissions.ByTable"],
    "DEFAULT_THROTTLE_CLASSES": ["webapp.api.limits.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "webapp.api.negotiation.JsonUnlessAsked",
    "DEFAULT_PARSER_CLASSES": ["webapp.api.parsers.JsonParser", "webapp.api.parsers.YamlParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "webapp.api.problems.as_problem",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "mtkd",
    "DESCRIPTION": "Managed multi-teacher distillation: submit, watch and fetch jobs.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "webapp.api.openapi.complete",
    ],
    "ENUM_NAME_OVERRIDES": {"JobState": "jobs.models.State", "TeacherKindEnum": "jobs.models.TeacherKind"},
}

# --- Log lines: one readable line each (`manage.py up` puts the process's name in front), or one JSON object each
LOG_FORM = os.environ.get("MTKD_LOG") or "line"
if LOG_FORM not in FORMS:
    raise ImproperlyConfigured(f"MTKD_LOG is {LOG_FORM!r}, accepted are {' and '.join(FORMS)}.")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s", "datefmt": "%H:%M:%S"},
        "json": {"()": "jobs.logged.JsonLines"},
    },
    "filters": {"outages": {"()": "webapp.outages.OncePerMinute"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORM}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "django.request": {"filters": ["outages"]},
        "psycopg.pool": {"filters": ["outages"], "level": "WARNING"},
        # In our form; naming it sets back what its command line said of those below it.
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "uvicorn.access": {"propagate": False},
        "httpx": {"level": "WARNING"},  # it tells addresses of webhooks, of which some are secrets
        "botocore": {"level": "WARNING"},  # it tells where it finds credentials, again and again
    },
}
