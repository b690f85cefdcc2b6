"""Sealing what must be readable again by us and by nobody who holds only the database: passwords of links.

Fernet (AES-128-CBC with HMAC-SHA256, from `cryptography`) under a key derived from SECRET_KEY; the fallbacks
still open what they sealed, so that SECRET_KEY can be changed.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(ValueError):
    """Sealed under a key that this installation no longer has. The secret must be entered again."""


@lru_cache(maxsize=16)
def _derived(secret: str) -> Fernet:
    # Some 50 ms, on purpose: once a process, not once a link (the gateway opens secrets on its event loop).
    digest = hashlib.scrypt(secret.encode(), salt=b"palabre link secrets", n=2**14, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(digest))


def _keys() -> MultiFernet:
    return MultiFernet([_derived(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def seal(plain: str) -> bytes:
    return _keys().encrypt(plain.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """The secret again. Raises CannotOpen when no key of ours sealed it."""
    if not sealed:
        return ""
    try:
        return _keys().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise CannotOpen("this secret was sealed under another SECRET_KEY: enter it again") from None
