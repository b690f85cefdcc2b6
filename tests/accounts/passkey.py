"""A passkey made of software, for tests: it signs what a browser's would, for the host that the test client asks."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntity

from accounts.factors import offered
from accounts.models import User

HOST = "testserver"
_PRESENT, _ATTESTED = 0x01, 0x40


@dataclass
class SoftKey:
    """One key pair, of which the public half may be registered."""

    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(16))
    used: int = 0

    def registration(self, challenge: str) -> dict[str, Any]:
        """What `navigator.credentials.create` gives, as JSON."""
        public = dict(ES256.from_cryptography_key(self.private.public_key()))
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor.encode(public)
        data = self._data(_PRESENT | _ATTESTED) + attested
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            {"clientDataJSON": self._said("webauthn.create", challenge), "attestationObject": websafe_encode(made)}
        )

    def assertion(self, challenge: str) -> dict[str, Any]:
        """What `navigator.credentials.get` gives."""
        self.used += 1
        data, said = self._data(_PRESENT), self._raw("webauthn.get", challenge)
        signature = self.private.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": websafe_encode(said),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": None,
            }
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(HOST.encode()).digest() + struct.pack(">BI", flags, self.used)

    def _raw(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": f"https://{HOST}"}).encode()

    def _said(self, kind: str, challenge: str) -> str:
        return websafe_encode(self._raw(kind, challenge))

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        id_ = websafe_encode(self.id)
        return {"id": id_, "rawId": id_, "type": "public-key", "response": response, "clientExtensionResults": {}}


def registered(name: str) -> dict[str, Any]:
    """A body that registers a new passkey, for whoever sends it."""
    server = Fido2Server(PublicKeyCredentialRpEntity(name="Palabre", id=HOST))
    _options, state = server.register_begin(PublicKeyCredentialUserEntity(id=b"1", name="x", display_name="x"))
    credential = SoftKey().registration(state["challenge"])
    return {"name": name, "credential": credential, "offer": offered(state)}


def keep_passkey(user: User, key: SoftKey | None = None, name: str = "Clé") -> SoftKey:
    """`user` has a passkey."""
    key = key or SoftKey()
    data = {"name": name, "credential": key.registration(websafe_encode(b"c" * 32))}
    Authenticator.objects.create(user=user, type="webauthn", data=data)
    return key
