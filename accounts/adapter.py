"""How django-allauth meets our accounts: people are made by an administrator, nobody signs up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts import known_browsers
from common.secrets import seal, unseal


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose address is not known (a socket of this machine) counts as one of them all."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return "unknown"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Tries from a browser in which this person has signed in before are counted apart: whoever else tries wrong
        passwords from elsewhere, all day, keeps nobody from his desk."""
        login = str(credentials.get("email") or "").lower()
        return known_browsers.counted_as(request, login)


class MfaAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text.encode())

    def get_totp_issuer(self) -> str:
        return "Palabre"

    def _get_site_name(self) -> str:
        return "Palabre"

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Who is concerned reads it on his own page of security; an installation need not have a mail server."""
