from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"

    def ready(self) -> None:
        # They register their kinds of job, and what is asked of the words of special days.
        from routing import after_hours_admin, checks, passages  # noqa: F401
