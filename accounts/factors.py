"""Second factors: an application's codes (TOTP), passkeys (WebAuthn), and codes for the day when both are lost.

Kept in allauth's table, whose own stage asks for them at sign-in; what is secret in there is sealed (MfaAdapter).
A code counts once: the step of time that it belongs to is remembered, and nothing at or before it is taken again, so
that a code which somebody has read over a shoulder is worth nothing, though steps beside are taken for slow clocks.
"""

from __future__ import annotations

import hmac
import json
import time
from typing import Any, TypedDict
from uuid import UUID

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit, signins
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from common.secrets import CannotOpen, seal, unseal
from common.text import name_of
from realtime.log import record_changes

STEP_S, TOLERANCE = 30, 1  # steps of a clock that is slow or fast
MOST_PASSKEYS = 10
OFFER_S = 900  # for so long what was begun can be ended
_REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Passkey(TypedDict):
    id: int
    name: str
    made_at: str
    used_at: str | None


class Ceremony(TypedDict):
    """`options`: what the browser's own `navigator.credentials` takes. `offer`: comes back with its answer."""

    options: dict[str, Any]
    offer: str


class Factors(TypedDict):
    totp: bool
    passkeys: list[Passkey]
    recovery_left: int


class TotpOffered(TypedDict):
    """`qr`: rows of a square of "1" (dark) and "0", which the screen draws. `offer`: comes back with the code."""

    offer: str
    secret: str
    uri: str
    qr: list[str]


def has_factor(user_id: UUID) -> bool:
    return Authenticator.objects.filter(user_id=user_id, type__in=_REAL).exists()


def factors_of(user_id: UUID) -> Factors:
    found = list(Authenticator.objects.filter(user_id=user_id).order_by("id"))
    recovery = next((one for one in found if one.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "totp": any(one.type == Authenticator.Type.TOTP for one in found),
        "passkeys": [
            {
                "id": one.id, "name": one.data["name"], "made_at": one.created_at.isoformat(),
                "used_at": one.last_used_at.isoformat() if one.last_used_at else None,
            }
            for one in found if one.type == Authenticator.Type.WEBAUTHN
        ],
        "recovery_left": len(RecoveryCodes(recovery).get_unused_codes()) if recovery else 0,
    }  # fmt: skip


# --- codes ---------------------------------------------------------------------------------------------------------


def begin_totp(user: User) -> TotpOffered:
    """A new secret. Nothing is stored before a code of it is given: until then the browser holds it, sealed."""
    import qrcode

    secret = generate_totp_secret()
    uri = get_adapter().build_totp_url(user, secret)
    code = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(uri)
    code.make(fit=True)
    return {
        "offer": offered(secret),
        "secret": secret,
        "uri": uri,
        "qr": ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()],
    }


def add_totp(user: User, *, offer: str, code: str) -> list[str]:
    """Take the offered secret for good, proved by one of its codes. Returns recovery codes when these are the first.

    Raises Conflict("offer_over", "has_totp"), Invalid("wrong_code").
    """
    secret = _taken(offer)
    step = step_of(secret, code, after=-1)
    if step is None:
        raise Invalid("wrong_code", "this is not the code that is shown now", field="code")
    with record_changes(user.organisation_id) as changes:
        _alone(user)
        if Authenticator.objects.filter(user_id=user.id, type=Authenticator.Type.TOTP).exists():
            raise Conflict("has_totp", "an application is set up already: remove it first")
        made = TOTP.activate(user, secret).instance
        made.data["last_step"] = step
        made.save(update_fields=["data"])
        codes = _first_codes(user)
        _added(user, "totp")
        changes.add(SettingsChanged(kind="user", object_id=user.id))
    return codes


def offered(what: Any) -> str:
    """What was begun, sealed, for the browser to bring back; it can neither read nor change it."""
    return seal(json.dumps([time.time(), what])).decode()


def _taken(offer: str) -> Any:
    try:
        at, what = json.loads(unseal(offer.encode()))
    except (CannotOpen, ValueError, TypeError):
        at, what = 0.0, None
    if what is None or time.time() - at > OFFER_S:
        raise Conflict("offer_over", "begin anew: this was begun too long ago")
    return what


def step_of(secret: str, code: str, *, after: int, now: float | None = None) -> int | None:
    """The step of time that `code` belongs to, later than `after`; None: a wrong code, or one that was used."""
    given = "".join(code.split())
    current = int(time.time() if now is None else now) // STEP_S
    found = None
    for step in range(current - TOLERANCE, current + TOLERANCE + 1):  # all of them: the time tells nothing
        if hmac.compare_digest(given.encode(), format_hotp_value(hotp_value(secret, step)).encode()) and step > after:
            found = step
    return found


@transaction.atomic
def check_code(user: User, code: str) -> Authenticator | None:
    """Whose code this is, of the application or of the recovery codes, which is used up by it. None: nobody's."""
    found = {
        one.type: one
        for one in Authenticator.objects.select_for_update()
        .filter(user_id=user.id)
        .exclude(type=Authenticator.Type.WEBAUTHN)
    }
    totp = found.get(Authenticator.Type.TOTP)
    if totp is not None:
        step = step_of(decrypt(totp.data["secret"]), code, after=totp.data.get("last_step", -1))
        if step is not None:
            totp.data["last_step"] = step
            totp.save(update_fields=["data"])
            return totp
    recovery = found.get(Authenticator.Type.RECOVERY_CODES)
    if recovery is not None and RecoveryCodes(recovery).validate_code("".join(code.split()).replace("-", "")):
        return recovery
    return None


# --- passkeys ------------------------------------------------------------------------------------------------------


def begin_passkey(user: User) -> Ceremony:
    """What the browser needs to make one. Raises Conflict("too_many_passkeys")."""
    from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

    known = webauthn().get_credentials(user)
    if len(known) >= MOST_PASSKEYS:
        raise Conflict("too_many_passkeys", "remove a passkey first")
    options, state = webauthn().get_server().register_begin(
        user=webauthn().build_user_payload(user), credentials=known,
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )  # fmt: skip
    return {"options": dict(options), "offer": offered(state)}


def add_passkey(user: User, *, name: str, credential: dict[str, Any], offer: str) -> list[str]:
    """Keep what the browser has made. Returns recovery codes when these are the first. Raises Invalid, Conflict."""
    name = name_of(name, longest=60, field="name")
    state = _taken(offer)

    def prove() -> None:
        webauthn().parse_registration_response(credential)
        webauthn().get_server().register_complete(state, credential)

    _proved(prove)
    with record_changes(user.organisation_id) as changes:
        _alone(user)
        webauthn().WebAuthn.add(user, name, credential)
        codes = _first_codes(user)
        _added(user, "passkey", name)
        changes.add(SettingsChanged(kind="user", object_id=user.id))
    return codes


def begin_passkey_check(user: User) -> Ceremony:
    """What the browser needs to show one of his."""
    known = webauthn().get_credentials(user)
    if not known:
        raise Conflict("no_factor_yet", "set up a second factor first")
    options, state = webauthn().get_server().authenticate_begin(credentials=known)
    return {"options": dict(options), "offer": offered(state)}


def check_passkey(user: User, credential: dict[str, Any], *, offer: str | None) -> Authenticator:
    """Whose passkey has signed what was offered; `offer` None: what allauth keeps in the session of a try to sign in.

    Raises Invalid("wrong_passkey"), Conflict("offer_over").
    """
    state = webauthn().get_state() if offer is None else _taken(offer)

    def prove() -> Authenticator:
        webauthn().parse_authentication_response(credential)
        known = webauthn().get_credentials(user)
        signed = webauthn().get_server().authenticate_complete(state, known, credential)
        found: Authenticator | None = webauthn().get_authenticator_by_credential_id(user, signed.credential_id)
        if found is None:
            raise ValueError("none of his")
        return found

    found = _proved(prove)
    if offer is None:
        webauthn().clear_state()
    return found


def webauthn() -> Any:
    """allauth's part for it, and fido2, which few processes ever need."""
    from allauth.mfa.webauthn.internal import auth

    return auth


def _proved(prove: Any) -> Any:
    """What a browser, or whoever says that it is one, has sent: anything may stand in it."""
    try:
        return prove()
    except (ValidationError, InvalidSignature, ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise Invalid("wrong_passkey", "this passkey was not accepted", field="credential") from None


# --- what is taken away --------------------------------------------------------------------------------------------


def remove_factor(*, actor: User, user_id: UUID, factor: int | None) -> None:
    """Take away one factor (by its number), or the application (None). The last one takes the recovery codes along.

    Raises NotFound.
    """
    with record_changes(actor.organisation_id) as changes:
        user = _alone_of(actor, user_id)
        found = Authenticator.objects.filter(user_id=user.id)
        chosen = (
            found.filter(type=Authenticator.Type.TOTP)
            if factor is None
            else found.filter(type=Authenticator.Type.WEBAUTHN, id=factor)
        )
        one = chosen.first()
        if one is None:
            raise NotFound("no_factor", "there is no such factor")
        name = one.data.get("name", "")
        one.delete()
        if not found.filter(type__in=_REAL).exists():
            found.delete()
        _told(actor, user, "user.factor_removed", [name or "totp", None])
        changes.add(SettingsChanged(kind="user", object_id=user.id))


def remove_all(*, actor: User, user_id: UUID) -> int:
    """An administrator's help for who has lost everything: no factor and no recovery code is left. Raises NotFound."""
    with record_changes(actor.organisation_id) as changes:
        user = _alone_of(actor, user_id)
        found = Authenticator.objects.filter(user_id=user.id)
        kinds = sorted(found.values_list("type", flat=True))
        found.delete()
        _told(actor, user, "user.factors_reset", [kinds, None])
        changes.add(SettingsChanged(kind="user", object_id=user.id))
    return len(kinds)


def new_recovery_codes(user: User) -> list[str]:
    """Ten fresh ones; those from before count no more. Raises Conflict("no_factor_yet")."""
    with record_changes(user.organisation_id) as changes:
        _alone(user)
        if not has_factor(user.id):
            raise Conflict("no_factor_yet", "set up a second factor first")
        Authenticator.objects.filter(user_id=user.id, type=Authenticator.Type.RECOVERY_CODES).delete()
        codes = _first_codes(user)
        _told(user, user, "user.codes_made", [audit.SET, audit.SET])
        changes.add(SettingsChanged(kind="user", object_id=user.id))
    return codes


def _first_codes(user: User) -> list[str]:
    if Authenticator.objects.filter(user_id=user.id, type=Authenticator.Type.RECOVERY_CODES).exists():
        return []
    return list(RecoveryCodes.activate(user).generate_codes())


def _added(user: User, kind: str, name: str = "") -> None:
    signins.release(user.id)
    _told(user, user, "user.factor_added", [None, name or kind])


def _alone(user: User) -> None:
    """Two at once of one person wait for each other."""
    User.objects.select_for_update(no_key=True).only("id").get(id=user.id)


def _alone_of(actor: User, user_id: UUID) -> User:
    found = User.objects.select_for_update(no_key=True)
    user = found.filter(organisation_id=actor.organisation_id, id=user_id).first()
    if user is None:
        raise NotFound("no_user", "there is no such user")
    return user


def _told(actor: User, user: User, action: str, change: list[Any]) -> None:
    audit.record(
        actor=actor, organisation_id=user.organisation_id, action=action, kind="user", object_id=user.id,
        name=user.name, changes={"factor": change},
    )  # fmt: skip
