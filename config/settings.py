"""All settings, read from top to bottom. `.env.example` has a sentence for each."""

from __future__ import annotations

from pathlib import Path

from config import env

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(env.text("PALABRE_STATE", str(ROOT / ".state")))

MODE = env.choice("PALABRE_MODE", "production", ("demo", "production", "test"))
SECRET_KEY = env.text("SECRET_KEY", None if MODE == "production" else "only-for-a-demonstration-or-a-test")
if MODE == "production" and len(SECRET_KEY) < 32:
    raise env.SettingError("SECRET_KEY must have at least 32 characters")
# Further keys, oldest last, so that secrets at rest and sessions outlive a change of SECRET_KEY.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
DEBUG = False

PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
if MODE == "production" and not SECURE:
    raise env.SettingError("PUBLIC_URL must begin with https:// in production: sessions travel with every request")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
if MODE == "production" and "*" in ALLOWED_HOSTS:
    raise env.SettingError("ALLOWED_HOSTS must name the hosts in production, not *")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *env.words("TRUSTED_ORIGINS")]
WEB_PORT = env.number("WEB_PORT", 8000)
SIMULATOR_SMPP_PORT = env.number("SIMULATOR_SMPP_PORT", 2775)
SIMULATOR_HTTP_PORT = env.number("SIMULATOR_HTTP_PORT", 8001)
DEFAULT_REGION = env.text("DEFAULT_REGION", "BJ")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "common",
    "jobs",
    "realtime",
    "accounts",
    "measures",
    "contacts",
    "conversations",
    "knowledge",
    "bots",
    "bots.lookups",
    "bots.workshop",
    "routing",
    "replies",
    "channels_sms",
    "inbox",
    "supervision",
    "config",
]
MIDDLEWARE = [
    "config.headers.SecurityHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.doors.known_methods",
    "config.answer_limit.AnswerLimit",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.session_cookie.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.write_limit.write_limit",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WEB_SERVER = env.choice("WEB_SERVER", "daphne", ("daphne", "uvicorn"))
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
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

# --- PostgreSQL: the only truth ----------------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", DATABASE_URL)
_DATABASE = env.database(DATABASE_URL, "DATABASE_URL")
# A process that is stopped within a transaction, or a peer that has gone without a word, must not keep rows from
# everybody: the server ends its session. What asks for something that nobody waits for any more ends, too.
# Whoever waits for a row that somebody holds is told "not now": the connections of the pool are few.
_BOUNDS = {
    "options": "-c idle_in_transaction_session_timeout=10s -c client_connection_check_interval=2s -c lock_timeout=4s",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
DATABASES = {
    "default": {
        **_DATABASE,
        # Under ASGI each thread would keep its own connection; a pool keeps their number known.
        "CONN_MAX_AGE": 0,
        # Tests make and drop databases, which an idle pooled connection would forbid.
        # After a failure the pool's own pauses double up to minutes: it gives up after seconds, and whoever asks next
        # makes it try at once. So a PostgreSQL that was away is found again within 10 s, however long it was.
        "OPTIONS": _DATABASE["OPTIONS"]
        if MODE == "test"
        else {
            **_BOUNDS,
            **_DATABASE["OPTIONS"],
            "pool": {
                "min_size": 1,
                "max_size": env.number("DATABASE_POOL", 8),
                "timeout": 5,
                "reconnect_timeout": 3,
            },
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"  # only tables that join two others use it
USE_TZ = True
TIME_ZONE = "UTC"

# --- Redis: holds nothing that may not be deleted at any second --------------------------------------------
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
# Whoever asks for a job rings through this application; it is loaded at the first ring, not at every process' start.
JOBS_APPLICATION = "config.celery"
CELERY_BROKER_URL = env.checked_broker(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# For a broker that hangs, and one that is away (kombu would try for 6 s): whoever asks for a job must not hang with it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60, "socket_timeout": 3, "socket_connect_timeout": 2, "max_retries": 0,
}  # fmt: skip

# --- The seams -----------------------------------------------------------------------------------------------
# How a message leaves: the only table that names a channel.
LINK_ADAPTERS = {
    "sms.http": "channels_sms.http.link.HttpLink",
    "sms.smpp": "channels_sms.smpp.link.SmppLink",
    "sms.twilio": "channels_sms.twilio.link.TwilioLink",
}
# What bots have learnt, so that a start need not train them again. Losing it costs a quarter of a minute a bot.
BOT_MODELS = Path(env.text("BOT_MODELS", str(STATE / "bots")))
# The server of the bots whose engine is "rasa" (docs/bots.md); without it the embedded engine answers for them.
RASA_URL = env.http_address("RASA_URL")
RASA_TOKEN = env.text("RASA_TOKEN", "")
if RASA_URL and not (RASA_TOKEN.isascii() and RASA_TOKEN.isprintable() and len(RASA_TOKEN) >= 16):
    raise env.SettingError("RASA_TOKEN must have at least 16 plain characters where RASA_URL is set")
# Which machines bots may look things up on (docs/look-ups.md): all networks but the cloud's own and this machine, where
# nothing is named; of this machine the ports that are.
LOOKUP_NETWORKS = [env.network("LOOKUP_NETWORKS", one) for one in env.words("LOOKUP_NETWORKS")]
LOOKUP_LOOPBACK_PORTS = env.words("LOOKUP_LOOPBACK_PORTS")
if not all(one.isascii() and one.isdecimal() for one in LOOKUP_LOOPBACK_PORTS):
    raise env.SettingError("LOOKUP_LOOPBACK_PORTS must be numbers, separated by commas")
# What providers that call us have said, until it is stored: it must outlive the process, and a cut of power.
WEBHOOK_SPOOL = env.text("WEBHOOK_SPOOL", str(STATE / "webhooks"))
# Who may see what, asked by the socket hub, which knows nobody above it.
REALTIME_AUDIENCES = "config.visibility.audiences_of"
REALTIME_RENDERER = "config.rendering.DeskRenderer"
REALTIME_SEEN = "routing.absence.seen"
REALTIME_SIGNED_OUT = "routing.absence.signed_out"
ROWS_LOOKED_AFTER = "routing.handover_policies.looked_after"
REALTIME_SESSIONS = "accounts.signins.shut"

# --- Accounts ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},  # 20,000 that have leaked
    {"NAME": "accounts.passwords.NotTheHousesWords"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
# A contact centre signs in from one address at eight in the morning; what is guarded is each account, and wrong tries.
# Wrong tries at one account wait longer and longer; what each browser that knows the person has is a counter of its own
# (accounts/known_browsers.py), so that no stranger keeps him out.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "60/m/ip,5/5m/key,15/1h/key,40/1d/key"}
MFA_ADAPTER = "accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are an administrator's word
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {"account_signup": f"{PUBLIC_URL}/sign-in"}
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = env.number("SESSION_HOURS", 12) * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE else "csrftoken"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_SAMESITE = "Lax"
# What comes over plain HTTP is sent to our own address; only what asks from inside whether we live is answered.
SECURE_SSL_REDIRECT = MODE == "production"
SECURE_SSL_HOST = PUBLIC_URL.partition("://")[2]
SECURE_REDIRECT_EXEMPT = [r"^health(?:/live)?$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0  # whose X-Forwarded-For tells one caller from another
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- How much is too much --------------------------------------------------------------------------------------
# A busy agent answers once a second at the most; what is beyond is a program, or a key that is held down.
TEXTS_PER_MINUTE = env.number("TEXTS_PER_MINUTE", 120)
WRITES_PER_MINUTE = env.number("WRITES_PER_MINUTE", 900)
SOCKETS_PER_USER = env.number("SOCKETS_PER_USER", 20)
# Who came to a front filter and what became of him; the counts of each day stay.
PASSAGES_KEPT_DAYS = env.number("PASSAGES_KEPT_DAYS", 30)

# allauth counts tries here: in PostgreSQL, where no flush forgets them and all web processes count together. A try
# costs a few milliseconds beside the 100 of its hash. Beyond so many rows those that have run out are deleted first.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_tries",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
USE_I18N = True

# What a monitor must bring to see every check and /metrics.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# --- The browser's files -------------------------------------------------------------------------------------
FRONTEND_DIST = ROOT / "frontend" / "dist"
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", "") or None  # only where a web server in front serves the files
STATICFILES_DIRS = [("app", FRONTEND_DIST)] if FRONTEND_DIST.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.OneLine"}},
    "filters": {"flood": {"()": "config.log_flood.Flood"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["flood"]}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": []},  # Django's own would write it a second time
        "django.server": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "twisted": {"level": "ERROR"},  # it warns of each connection that ends in the middle of something
    },
}
# The browsers' own list of hosts binds a whole domain for years: that is its owner's decision.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
