from django.apps import AppConfig


class RepliesConfig(AppConfig):
    name = "replies"

    def ready(self) -> None:
        from replies import drafts, work  # noqa: F401  (register their kinds of job)
