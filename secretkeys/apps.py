from django.apps import AppConfig


class SecretKeysConfig(AppConfig):
    name = "secretkeys"
    verbose_name = "Secret keys"
