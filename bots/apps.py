from django.apps import AppConfig
from django.conf import settings

from bots import catalogue


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        catalogue.keep_models_in(settings.BOT_MODELS)
