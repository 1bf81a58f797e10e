"""The application that a WSGI server runs: the forward-auth door, behind it Django."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from environs import EnvError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

try:
    _django = get_wsgi_application()
except (ImproperlyConfigured, EnvError) as error:
    # An operator needs the sentence, not the way to it.
    sys.exit(f"Cannot start: {error}")

# Needs the models, which are there only now.
from secretkeys.api import gateway

application = gateway.wsgi(_django)
