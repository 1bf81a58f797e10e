"""The peer that doors are compared with: one view of djangorestframework-api-key.

Set up as its documentation and ``startproject`` do; runs in an environment of its own,
which has neither this product nor its settings. ``python -m tests.benchmarks.peer N``
makes N keys and prints those that can be presented.
"""

import os
import sys

import dj_database_url
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
PRESENTABLE = 200

settings.configure(
    SECRET_KEY="only-for-a-benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": dj_database_url.parse(os.environ["DATABASE_URL"])
        | {"CONN_MAX_AGE": None}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    MIDDLEWARE=MIDDLEWARE,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "rest_framework",
        "rest_framework_api_key",
    ],
)
django.setup()

# Need the settings, which are there only now.
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Guarded(APIView):
    """Lets in whoever has a key."""

    permission_classes = [HasAPIKey]

    def get(self, request):
        return Response({"items": []})


urlpatterns = [path("guarded", Guarded.as_view())]
application = get_wsgi_application()


def seed(count):
    """Store ``count`` keys; print the few that stand for all of them."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for number in range(PRESENTABLE):
        print(APIKey.objects.create_key(name=f"key {number}")[1])
    like = APIKey.objects.first()
    APIKey.objects.bulk_create(
        (
            APIKey(
                id=f"{number:08}.{like.hashed_key[:100]}",
                prefix=f"{number:08}",
                hashed_key=like.hashed_key,
                name=f"filler {number}",
            )
            for number in range(count - PRESENTABLE)
        ),
        batch_size=5000,
    )


if __name__ == "__main__":
    seed(int(sys.argv[1]))
