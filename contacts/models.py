"""People outside, and the ways to reach them."""

from __future__ import annotations

from django.db import models

from accounts.models import Organisation
from common.ids import uuid7


class Contact(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    name = models.CharField(max_length=200, default="", db_default="")
    language = models.CharField(max_length=5, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="contact_newest")]

    def __str__(self) -> str:
        return self.name or str(self.id)


class AddressKind(models.TextChoices):
    PHONE = "phone"  # E.164 with "+", or a sender that is no phone number, as given (see contacts.numbers)
    EMAIL = "email"
    VISITOR = "visitor"


class Address(models.Model):
    """One way to reach a person, whom it names and not the medium: one number on SMS and WhatsApp is one row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=16, choices=AddressKind.choices, default=AddressKind.PHONE)
    value = models.CharField(max_length=254)  # normalised by contacts.numbers: two spellings are one row
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        constraints = [
            # Twenty first texts of a new number at once: one address, hence one contact.
            models.UniqueConstraint(fields=["organisation", "kind", "value"], name="address_once"),
        ]

    def __str__(self) -> str:
        return self.value
