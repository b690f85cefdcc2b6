"""What a line wants of handing over, as rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from conversations.models import Line
from routing.filter_models import QuestionFields


class VipWay(models.TextChoices):
    """routing.handover_policy.Vip says what they mean."""

    OFF = "off"
    AT_ONCE = "at_once"
    AFTER_ONE = "after_one"


class HandoverPolicy(QuestionFields):
    """routing.handover_policy.Policy, as columns; a line without a row has the usual one. The question is who is to be
    looked after; without a kind, nobody."""

    line = models.OneToOneField(Line, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    unsure_times = models.PositiveSmallIntegerField(default=2)
    mood_texts = models.PositiveSmallIntegerField(default=0)
    loops = models.BooleanField(default=False)
    vip = models.CharField(max_length=10, choices=VipWay.choices, default=VipWay.OFF)
    keywords = models.TextField(default="", blank=True)  # one a line
    priorities = models.JSONField(default=dict)  # reason: 0 to 100
    tells_wait = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unsure_times__gte=1, unsure_times__lte=3, mood_texts__lte=5), name="handoverpolicy_bounded"
            )
        ]
