from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        # Every process that gives out events must know who may hear of each kind.
        autodiscover_modules("events")
