from django.apps import AppConfig


class RepliesConfig(AppConfig):
    name = "replies"

    def ready(self) -> None:
        from replies import drafts, scheduled  # noqa: F401  (register their kinds of job)
