from django.apps import AppConfig
from django.db.backends.signals import connection_created

from common.timestamps import read_quickly


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        connection_created.connect(read_quickly, dispatch_uid="common.timestamps")
