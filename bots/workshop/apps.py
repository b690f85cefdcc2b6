from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "bots.workshop"
    label = "workshop"

    def ready(self) -> None:
        from bots.workshop import records, work  # noqa: F401  (they register their kinds of job)
