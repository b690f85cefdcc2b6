"""What guards the accounts of an organisation: its rules, who is signed in where, and links to a first password."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import uuid7

IDLE_S, SESSION_S, GRACE_DAYS = 900, 12 * 3600, 7


def _no_roles() -> list[str]:
    return []


class SecurityPolicy(models.Model):
    """An organisation's own rules. Without a row: the defaults below, and a second factor asked of nobody."""

    organisation = models.OneToOneField(
        "accounts.Organisation", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    factor_roles = models.JSONField(default=_no_roles)  # of accounts.models.Role: who must have a second factor
    factor_since = models.DateTimeField(null=True)  # when the first of them was named: days of grace count from here
    grace_days = models.PositiveSmallIntegerField(default=GRACE_DAYS)
    idle_s = models.PositiveIntegerField(default=IDLE_S)  # nobody at the desk for so long: it locks
    session_s = models.PositiveIntegerField(default=SESSION_S)  # whoever works on signs in again after so long

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(idle_s__gt=0, session_s__gt=0), name="securitypolicy_positive")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}"


class SignIn(models.Model):
    """One session of one person, beside Django's row of it, which holds nothing that can be asked for.

    Written by accounts.session_store when somebody signs in; gone with the session. `session_key` is never shown:
    a session is named by `id`. Locked: `locked_at` is set, or nobody has been there for `idle_s` since `active_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session_key = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="sign_ins")
    began_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField()
    active_at = models.DateTimeField(db_default=Now())
    idle_s = models.PositiveIntegerField(default=IDLE_S)
    locked_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(db_default=Now())  # when he last showed his password or factor
    hold = models.CharField(max_length=8, default="", blank=True)  # "factor": must set one up before anything else
    device = models.CharField(max_length=60, default="", blank=True)
    address = models.CharField(max_length=45, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["user"], name="signin_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.device}"


class PasswordLink(models.Model):
    """An address by which one person may set his password, once. The token itself is kept nowhere: its SHA-256 is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="+")  # a newer one replaces it
    digest = models.BinaryField(unique=True)
    made_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}"
