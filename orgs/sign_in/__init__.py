"""How django-allauth signs people in here: its adapters, and forms for passkeys."""
