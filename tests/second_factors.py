"""Second factors as people have them: an app that makes codes, codes on paper."""

import hashlib

import pyotp
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from orgs.models import User


def give_app(user: User) -> pyotp.TOTP:
    """Set up an authenticator app for somebody and return it."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return pyotp.TOTP(secret)


def give_recovery_codes(user: User) -> list[str]:
    """Make recovery codes for somebody and return them."""
    return RecoveryCodes.activate(user).generate_codes()


def give_passkey(user: User, name: str = "Phone") -> Authenticator:
    """Give somebody a passkey that no device has; nobody can sign in with it."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    held = AttestedCredentialData.create(
        bytes(16), name.encode(), ES256.from_cryptography_key(key)
    )
    host = hashlib.sha256(b"localhost").digest()
    made = AuthenticatorData.create(host, 0x45, 0, bytes(held))
    client = CollectedClientData.create("webauthn.create", b"x", "http://localhost")
    credential = {
        "id": websafe_encode(name.encode()),
        "rawId": websafe_encode(name.encode()),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(bytes(client)),
            "attestationObject": websafe_encode(
                bytes(AttestationObject.create("none", made, {}))
            ),
        },
    }
    data = {"name": name, "credential": credential}
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data=data
    )
