"""Settings, every one read from the environment or a ``.env`` file beside manage.py.

A setting exists where an operator will change it. Secrets are also read from the file
that ``<NAME>_FILE`` points to. Unsafe values stop the start with one sentence.
"""

import os
from pathlib import Path

import environs
from csp.constants import NONE, SELF

from config import values
from config.database import database
from config.logs import to_stderr
from config.single_sign_on import single_sign_on

BASE_DIR = Path(__file__).resolve().parent.parent

env = environs.FileAwareEnv()
env.read_env(BASE_DIR / ".env", recurse=False)

# --- Secrets -------------------------------------------------------------------------
values.secret_files(dict(os.environ))
SECRET_KEY = values.secret_key(env.str("SECRET_KEY", ""))
SIGNING_KEYS = values.signing_keys(env.list("SIGNING_KEYS", []))

# --- Where this server is reached ----------------------------------------------------
DEBUG = env.bool("DEBUG", False)
# Scheme, host and port that people and programs use; shown in snippets, used in mails.
PUBLIC_ORIGIN = env.str("PUBLIC_ORIGIN", "http://127.0.0.1:8000").rstrip("/")
_origin = values.origin(
    PUBLIC_ORIGIN, insecure_allowed=env.bool("INSECURE_HTTP", False)
)
_is_https = _origin.scheme == "https"
# Host names to answer to besides the one in PUBLIC_ORIGIN.
ALLOWED_HOSTS = [_origin.hostname or "", *env.list("ALLOWED_HOSTS", [])]
if values.is_loopback(_origin):
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]
# A proxy that ends TLS must set X-Forwarded-Proto itself before this is turned on.
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Proxies of your own in front: networks, and "unix" for peers behind a socket file. Only
# what they wrote at the end of X-Forwarded-For is believed; see orgs/proxies.py.
TRUSTED_PROXIES, TRUSTED_PROXY_SOCKETS = values.trusted_proxies(
    "TRUSTED_PROXIES", env.list("TRUSTED_PROXIES", []), os.environ
)

# Reverse proxies that may ask /auth/verify about the requests of others.
GATEWAY_PROXIES = values.networks(
    "GATEWAY_PROXIES", env.list("GATEWAY_PROXIES", ["127.0.0.1/32", "::1/128"])
)

# --- Application ---------------------------------------------------------------------
ROOT_URLCONF = "config.urls"
APPEND_SLASH = False
INSTALLED_APPS = [
    "orgs",
    "secretkeys",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    # Without its discovery: orgs/admin names every page that account managers get.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "orgs.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "orgs.middleware.response_headers",
    "django.middleware.common.CommonMiddleware",
    "secretkeys.api.middleware.programs",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "orgs.middleware.session_activity",
    "orgs.middleware.local_times",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "orgs.middleware.htmx_responses",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "orgs.navigation.member_pages",
            ]
        },
    }
]
# Who may make organizations in the dashboard: "anyone" who can sign in, or "staff",
# the account managers alone.
ORGANIZATION_CREATION = values.one_of(
    "ORGANIZATION_CREATION",
    env.str("ORGANIZATION_CREATION", "anyone"),
    ("anyone", "staff"),
)
# Where somebody lands who opens an organization.
ORGANIZATION_HOME = "secretkeys:list"

# --- Database ------------------------------------------------------------------------
DATABASES = {
    "default": database(
        env.dj_db_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'db.sqlite3'}"),
        prepared=env.bool("DATABASE_PREPARED_STATEMENTS", True),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Shared cache: sign-in rate limits; without Redis each process keeps its own ------
_redis_url = env.str("REDIS_URL", "")
if _redis_url:
    CACHES = {
        "default": {
            "BACKEND": "orgs.cache.FallbackCache",
            "LOCATION": values.redis_url(_redis_url),
            # Nobody waits longer to sign in because Redis is slow.
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }

# --- People --------------------------------------------------------------------------
AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "orgs:home"
ACCOUNT_ADAPTER = "orgs.sign_in.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Everybody has one address, somebody vouches for it (UserManager.create_user), and a
# change is confirmed first (orgs/email_changes.py).
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# Seconds: how long ago somebody may have signed in who gives rights away or ends them.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {
    # Passwords by address only: a limit by account would let strangers lock somebody
    # out. See orgs/sign_in/adapter.py.
    "wrong_password": "10/m/ip",
    "reset_password": "20/m/ip",
    "invitation": "20/m/ip",
    # Sending them; each dialog invites up to 100 people.
    "invite": "20/h/user",
    "invite_again": "1/3m/key",
    "rename": "20/h/user",
    # What the library counts codes of the second factor under, by account: from many
    # addresses, too, guessing one takes years. Only somebody who knows the password can
    # use that up for its owner; a new password shuts them out, passkeys that sign in
    # alone are not counted, and within an hour codes are taken again. Codes are limited
    # by address as well (orgs/account_urls.py).
    "login_failed": "5/5m/key,20/h/key",
    "second_factor": "30/m/ip",
}
# Nobody without an account gets a mail all the same: see orgs/sign_in/adapter.py.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _origin.scheme
MFA_ADAPTER = "orgs.sign_in.second_factors.MFAAdapter"
ACCOUNT_FORMS = {
    "change_password": "orgs.sign_in.password_forms.ChangePasswordForm",
    "reset_password_from_key": "orgs.sign_in.password_forms.ResetPasswordForm",
    "set_password": "orgs.sign_in.password_forms.SetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "orgs.sign_in.code_forms.AuthenticateForm",
    "reauthenticate": "orgs.sign_in.code_forms.ReauthenticateForm",
    "add_webauthn": "orgs.sign_in.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "orgs.sign_in.passkey_forms.AuthenticatePasskeyForm",
    "edit_webauthn": "orgs.sign_in.passkey_forms.RenamePasskeyForm",
    "login_webauthn": "orgs.sign_in.passkey_forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "orgs.sign_in.passkey_forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Every account has a verified address; another one may be waiting for its mail.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A code may be typed a moment late, or come from a clock a little off (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Datature Vi"

# --- Single sign-on with an OpenID Connect provider ----------------------------------
SINGLE_SIGN_ON = single_sign_on(
    env.str("OIDC_SERVER_URL", ""),
    env.str("OIDC_CLIENT_ID", ""),
    env.str("OIDC_CLIENT_SECRET", ""),
    env.str("OIDC_NAME", "single sign-on"),
)
SOCIALACCOUNT_PROVIDERS = SINGLE_SIGN_ON.providers if SINGLE_SIGN_ON else {}
SOCIALACCOUNT_ADAPTER = "orgs.sign_in.single_sign_on.SocialAccountAdapter"

# --- Mail ----------------------------------------------------------------------------
_email = values.email(env.str("EMAIL_URL", "console:"))
# Takes mails for a thread, which sends them by MAIL_TRANSPORT.
EMAIL_BACKEND = "orgs.outbox.EmailBackend"
MAIL_TRANSPORT = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"]
EMAIL_PORT = _email["EMAIL_PORT"]
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _email["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
_sender = env.str("DEFAULT_FROM_EMAIL", f"keys@{_origin.hostname}")
DEFAULT_FROM_EMAIL = values.sender(_sender)
# People are told what was changed about their account.
ACCOUNT_EMAIL_NOTIFICATIONS = True

# --- Browser security ----------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_NAME = "__Host-session" if _is_https else "session"
CSRF_COOKIE_NAME = "__Host-csrftoken" if _is_https else "csrftoken"
SESSION_ENGINE = "orgs.sessions"
# In the session, not in a cookie of their own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FILE_UPLOAD_HANDLERS = ["orgs.uploads.NoUploads"]
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_FAILURE_VIEW = "orgs.views.csrf_failure"
# The proxy in front redirects browsers; a redirect would have programs send their key
# in the clear once more, and the client reports the page behind it as an answer.
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if _is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _is_https
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF],
        # The form of the button there ends at the identity provider.
        "form-action": [SELF, *([SINGLE_SIGN_ON.origin] if SINGLE_SIGN_ON else [])],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Static files --------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Secret keys ---------------------------------------------------------------------
# argon2id of stored keys; OWASP's smallest recommendation, since keys carry 381 bits.
KEY_ARGON2_MEMORY_KIB, KEY_ARGON2_TIME_COST = values.argon2_cost(
    env.int("KEY_ARGON2_MEMORY_KIB", 19 * 1024), env.int("KEY_ARGON2_TIME_COST", 2)
)
# How often counted requests are written; 0 leaves writing to recording.flush().
_flush_seconds = env.float("USAGE_FLUSH_SECONDS", 5.0)
USAGE_FLUSH_SECONDS = values.not_negative("USAGE_FLUSH_SECONDS", _flush_seconds)
# The oldest version of vi-sdk that gets no badge on the pages about usage.
MINIMUM_SDK_VERSION = values.sdk_version(env.str("MINIMUM_SDK_VERSION", ""))

# --- Time and language ---------------------------------------------------------------
TIME_ZONE = "UTC"
USE_I18N = False

# --- Logging: to stderr, with every secret key cut down to its stem ------------------
LOGGING = to_stderr(values.log_level(env.str("LOG_LEVEL", "INFO")))
