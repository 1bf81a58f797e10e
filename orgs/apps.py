from django.apps import AppConfig
from django.core.checks import Tags, register

from orgs import checks


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = "People and organizations"

    def ready(self) -> None:
        register(checks.mails_are_sent, Tags.security, deploy=True)
        register(checks.proxies_are_named, Tags.security, deploy=True)
