"""Signatures and secrets after Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, symmetric keys only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """This will make a secret that receivers check signatures with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(*, message_id: str, at: int, body: str, secrets_in_use: Sequence[str]) -> dict[str, str]:
    """This will give the headers of a message sent at a time (seconds since 1970), with a signature by each secret."""
    signed = f"{message_id}.{at}.{body}".encode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets_in_use),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
