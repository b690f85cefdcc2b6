from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # Whoever asks for a job rings through this application; without it Celery would invent a broker.
        from config import (
            celery,  # noqa: F401
            doors,  # noqa: F401  (every address must say who may use it: `palabre manage check`)
        )
