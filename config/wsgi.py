"""The application that a WSGI server runs."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from environs import EnvError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

try:
    application = get_wsgi_application()
except (ImproperlyConfigured, EnvError) as error:
    # An operator needs the sentence, not the way to it.
    sys.exit(f"Cannot start: {error}")
