from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts import list_imports, lists  # noqa: F401  (they register their kinds of job)
