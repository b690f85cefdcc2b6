"""Tenants, the people who work here, and what they may do."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.security_models import PasswordLink, SecurityPolicy, SignIn  # noqa: F401
from common.ids import uuid7


class Organisation(models.Model):
    """A tenant. Every row of business data belongs to one; its id comes first in every index."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    time_zone = models.CharField(max_length=64, default="Africa/Porto-Novo")
    region = models.CharField(max_length=2, default="BJ")  # whose national numbers are meant when a text gives no "+"
    languages = models.JSONField(default=list)
    brand = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMINISTRATOR = "administrator", _("Administrator")
    OBSERVER = "observer", _("Observer")  # the client's own people: figures, never a text or a whole number


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who works in one organisation. An address of e-mail is unique over all of them: it is the sign-in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="users")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.AGENT)
    language = models.CharField(max_length=5, default="fr")
    theme = models.CharField(max_length=8, default="system")
    density = models.CharField(max_length=8, default="roomy", db_default="roomy")  # or "compact", of the desk's list
    single_keys = models.BooleanField(default=True, db_default=True)  # whether letters alone do something
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "role"], name="user_organisation_role")]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:  # allauth greets people by it
        return self.name


class Team(models.Model):
    """People who share lines. A line with teams is seen by their members only (and by supervisors)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=120)
    members = models.ManyToManyField(User, related_name="teams", blank=True)
    leader = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="leads")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class Audit(models.Model):
    """Who did what to which thing. Written in the transaction of the deed; the application's role may not change it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=32)
    object_id = models.UUIDField(null=True)
    object_name = models.CharField(max_length=200, default="")
    changes = models.JSONField(default=dict)  # {field: [before, after]}; a secret shows as "set", never its value

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="audit_newest")]


class Tries(models.Model):
    """Where django-allauth counts tries of signing in: the table of Django's own DatabaseCache, with its columns.

    `cache_key` names what is counted and holds the address of a caller or the hash of an e-mail address; `value` is
    written and read by Django only. Rows that have run out are forgotten by accounts.forget_sessions.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)


def _no_week() -> list[list[list[int]]]:
    return [[] for _ in range(7)]


class Schedule(models.Model):
    """When an organisation works, in its zone: what lines and queues point to. What points to none never closes.

    `revision` is raised by every change of it, of its special days and of the organisation's holidays: by it,
    processes know whether what they have worked out still holds (accounts/schedules.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=120)
    week = models.JSONField(default=_no_week)  # seven days, Monday first, of [opens, closes]: accounts.hours.Span
    country = models.CharField(max_length=2, default="", blank=True)  # whose public holidays it keeps; empty: none
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="schedule_name_once")]

    def __str__(self) -> str:
        return self.name


class SpecialDays(models.Model):
    """Days on which a schedule's week does not count: closed, or open at other times."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="special_days")
    first = models.DateField()
    last = models.DateField()
    spans = models.JSONField(default=list)  # [opens, closes] as in Schedule.week; none: closed
    reason = models.CharField(max_length=120)
    says_fr = models.CharField(max_length=480, default="", blank=True)  # what subscribers hear; empty: the usual
    says_en = models.CharField(max_length=480, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="specialdays_order")
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.first}"


class HolidayDate(models.Model):
    """What a person has said of a holiday that the calendar can only estimate. Without a row it closes nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    country = models.CharField(max_length=2)
    year = models.PositiveSmallIntegerField()  # of the estimate
    key = models.CharField(max_length=80)  # accounts.public_holidays.PublicHoliday.key
    day = models.DateField(null=True)  # null: no holiday here
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "country", "year", "key"], name="holidaydate_once")
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.key} {self.year}: {self.day}"
