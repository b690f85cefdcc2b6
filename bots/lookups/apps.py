from django.apps import AppConfig


class LookupsConfig(AppConfig):
    name = "bots.lookups"
    label = "lookups"
