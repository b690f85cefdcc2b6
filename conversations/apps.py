from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"

    def ready(self) -> None:
        from conversations import media, media_policy, ported_files, sendings  # noqa: F401  (register their kinds of job)
