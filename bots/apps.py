from django.apps import AppConfig
from django.conf import settings

from bots import catalogue
from bots.remote import servers


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        catalogue.keep_models_in(settings.BOT_MODELS)
        servers.use(url=settings.RASA_URL, token=settings.RASA_TOKEN)
