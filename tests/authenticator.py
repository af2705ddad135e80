"""A passkey in software: makes keys and signs with them as a phone would (ES256, attestation "none").

What it says can be bent: another origin or name, nobody looked, a counter of its own.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from portal.models import Account, Passkey
from tests.builders import NOW

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    """Return Base64url without padding, as browsers write it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One device with one passkey; `counts` says whether it counts its uses."""

    origin: str = "http://localhost"
    rp_id: str = ""  # empty: what the options say
    looks: bool = True
    counts: bool = True
    count: int = 0
    handle: str = ""
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """Answer navigator.credentials.create() with these options, as JSON."""
        self.handle = options["user"]["id"]
        said = self._said(options["rp"]["id"], new=True)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})
        response = {
            "clientDataJSON": b64(self._client("webauthn.create", options)),
            "attestationObject": b64(attestation),
            "transports": ["internal", "hybrid", "none-known"],
        }
        return self._credential(response)

    def get(self, options: dict[str, Any]) -> str:
        """Answer navigator.credentials.get() with these options, as JSON."""
        said = self._said(options["rpId"])
        client = self._client("webauthn.get", options)
        signature = self.key.sign(said + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(said),
            "signature": b64(signature),
            "userHandle": self.handle,
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> str:
        name = b64(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _said(self, rp_id: str, *, new: bool = False) -> bytes:
        self.count += int(self.counts)
        flags = PRESENT | (VERIFIED if self.looks else 0) | (HAS_KEY if new else 0)
        head = sha256((self.rp_id or rp_id).encode()).digest()
        said = head + bytes([flags]) + self.count.to_bytes(4, "big")
        return said + self._attested() if new else said

    def _attested(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public


def a_passkey(account: Account, *, now: datetime = NOW, name: str = "Telefon von <Ada>") -> Passkey:
    """Note a passkey of which nobody has the private half: for pages and letters that only name it."""
    return Passkey.create(
        account=account,
        credential_id=b64(token_bytes(32)),
        public_key="x",
        user_handle="x",
        name=name,
        created_at=now,
    )


def handle_bytes(handle: str) -> bytes:
    """Return what stands behind a user handle."""
    return urlsafe_b64decode(handle + "==")
