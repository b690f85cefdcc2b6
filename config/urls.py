"""Addresses. The socket's are in config/socket_urls.py."""

from __future__ import annotations

from allauth.headless.account import views as sign_in
from allauth.headless.base import views as headless
from allauth.headless.constants import Client
from django.urls import include, path, re_path

from config import media, policy_reports, shell, spa, webhooks
from config.api import api, not_found
from config.headers import REPORTS, clears_the_browser
from config.health import views as health
from config.sign_in import Code, Login, Passkey

# Of allauth's addresses only these: people are made by an administrator, so nobody signs up, and the rest would be
# doors without a use.
_BROWSER = [
    path("config", headless.ConfigView.as_api_view(client=Client.BROWSER), name="config"),
    path("auth/session", clears_the_browser(sign_in.SessionView.as_api_view(client=Client.BROWSER)), name="session"),
    path("auth/login", Login.as_api_view(client=Client.BROWSER), name="login"),
    path("auth/2fa/authenticate", Code.as_api_view(client=Client.BROWSER), name="code"),
    path("auth/webauthn/authenticate", Passkey.as_api_view(client=Client.BROWSER), name="passkey"),
]

urlpatterns = [
    path("health", health.health),
    path("health/live", health.live),
    path("metrics", health.metrics),
    path(REPORTS.removeprefix("/"), policy_reports.receive),
    path("webhooks/<uuid:link_id>/<slug:kind>", webhooks.receive),
    path("webhooks/<uuid:link_id>/media/<str:token>", media.send),
    path("api/", not_found),
    path("api/", api.urls),
    re_path(r"^api/.*$", not_found),
    path("_allauth/browser/v1/", include((_BROWSER, "headless"), namespace="headless")),
    path("sw.js", shell.worker),
    path("", spa.page),
    path("sign-in", spa.page),
    re_path(r"^(?:supervision|admin|account|c)(?:/.*)?$", spa.page),
]

handler404 = "config.api.not_found"  # what fits none of these: an end of line in it does not fit even ^api/.*$
