"""What an operator's code of refusal means, in words of people: why a text did not arrive, whether it may arrive later,
and whether the number itself is wrong.

Three tables, each going before the next: what an administrator wrote for this link, the profile that its operator
follows (settings: "error_profile"), and what holds everywhere: SMPP's command_status (SMPP 3.4, 5.1.3) and our own.
The numbers in receipts have no standard. "gsm_map" are those of GSM 09.02 (MAP), 17.6, in decimal, which many operators
pass on; without a profile a number is told as it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

KEPT_S = 5.0  # of what the links say: an administrator's change is seen that much later
LONGEST_WORDS = 120
MOST_MEANINGS = 200


class Meaning(NamedTuple):
    fr: str
    en: str
    final: bool = True  # trying again cannot help
    wrong_number: bool = False


_BUSY = Meaning("L’opérateur est débordé", "The operator is overloaded", final=False)
_UNKNOWN_NUMBER = Meaning("Ce numéro n’existe pas", "This number does not exist", wrong_number=True)
_AWAY = Meaning("Téléphone éteint ou hors de portée", "Phone switched off or out of reach", final=False)
_NOT_FETCHED = Meaning("La pièce jointe n’a pas pu être lue", "The attachment could not be fetched")
_TOO_LARGE = Meaning("Pièce jointe trop lourde", "The attachment is too large")

EVERYWHERE: dict[str, Meaning] = {
    "0x00000001": Meaning("Texte trop long pour l’opérateur", "Too long a text for the operator"),
    "0x00000008": Meaning("Panne chez l’opérateur", "A fault at the operator’s", final=False),
    "0x0000000A": Meaning("L’opérateur n’admet pas notre numéro court", "The operator does not admit our short code"),
    "0x0000000B": _UNKNOWN_NUMBER,
    "0x00000014": _BUSY,
    "0x00000033": Meaning("Nombre de destinataires refusé", "Number of recipients refused"),
    "0x00000045": Meaning("L’opérateur a refusé le texte", "The operator refused the text"),
    "0x00000058": _BUSY,
    "0x00000061": Meaning("Heure d’envoi refusée", "Time of sending refused"),
    "0x00000062": Meaning("Durée de validité refusée", "Time of validity refused"),
    "0x00000064": Meaning("L’opérateur ne pouvait pas pour l’instant", "The operator could not for now", final=False),
    "0x00000065": Meaning("L’opérateur refuse définitivement", "The operator refuses for good"),
    "crash": Meaning("Envoi interrompu : peut-être parti", "Sending was interrupted: it may have left", final=False),
    "silence": Meaning("L’opérateur n’a pas répondu : peut-être parti", "No answer: it may have left", final=False),
    "fault": Meaning("Erreur de notre côté : peut-être parti", "A fault of ours: it may have left", final=False),
    "no_media": Meaning("Ce lien ne transporte pas de pièces jointes", "This link carries no attachments"),
    # Twilio's, of attachments and of WhatsApp.
    "11200": _NOT_FETCHED,
    "11751": _TOO_LARGE,
    "12300": Meaning("Type de pièce jointe refusé", "This kind of attachment is refused"),
    "21620": _NOT_FETCHED,
    "21623": Meaning("Trop de pièces jointes", "Too many attachments"),
    "30019": _TOO_LARGE,
    "63016": Meaning(
        "WhatsApp : plus de 24 h depuis son dernier message", "WhatsApp: more than 24 h since the customer’s last text"
    ),
    "63019": _NOT_FETCHED,
    "63021": Meaning("WhatsApp refuse la pièce jointe", "WhatsApp refuses the attachment"),
    "opted_out": Meaning("Le client ne veut plus de SMS", "The customer wants no more texts"),
}

PROFILES: dict[str, dict[str, Meaning]] = {
    "gsm_map": {
        "1": _UNKNOWN_NUMBER,
        "5": Meaning("Abonné inconnu de son réseau", "Not known to his network", wrong_number=True),
        "6": _AWAY,
        "9": Meaning("Ligne suspendue", "Line suspended", wrong_number=True),
        "10": Meaning("SMS non compris dans l’abonnement", "No SMS in this subscription"),
        "11": Meaning("SMS non compris dans l’abonnement", "No SMS in this subscription"),
        "12": Meaning("Téléphone refusé par le réseau", "Phone refused by the network"),
        "13": Meaning("Réception bloquée par l’abonné ou l’opérateur", "Barred by the subscriber or the operator"),
        "21": Meaning("Ce réseau ne reçoit pas de SMS", "This network takes no SMS"),
        "27": _AWAY,
        "28": Meaning("Ce téléphone ne reçoit pas de SMS", "This phone takes no SMS"),
        "31": Meaning("Abonné occupé", "Subscriber busy", final=False),
        "32": Meaning("Mémoire du téléphone pleine", "The phone’s memory is full", final=False),
        "33": Meaning("Trop de messages attendent cet abonné", "Too many messages wait for him", final=False),
        "34": Meaning("Panne chez l’opérateur", "A fault at the operator’s", final=False),
    }
}


def meaning_of(code: str, profile: str, own: Mapping[str, Any]) -> Meaning | None:
    """What `code` means on a link of this profile, where `own` (Link.meanings) goes before all; None: not known.

    A number means the same with zeros before it.
    """
    bare = code.lstrip("0") if code.isdecimal() else code
    for spelling in (code, bare):
        if (found := own.get(spelling)) is not None:
            return Meaning(found["fr"], found["en"], bool(found["final"]), bool(found["wrong_number"]))
    return PROFILES.get(profile, {}).get(bare) or EVERYWHERE.get(code)


_links: dict[str, tuple[float, str, dict[str, Any]]] = {}


def of_link(link_id: UUID | str | None, code: str) -> Meaning | None:
    """For screens, of which one asks for many texts of one link."""
    if link_id is None or not code:
        return None
    found = _links.get(str(link_id))
    if found is None or time.monotonic() - found[0] > KEPT_S:
        with connection.cursor() as cursor:
            cursor.execute(
                "select settings->>'error_profile', meanings from conversations_link where id = %s", [str(link_id)]
            )
            profile, own = cursor.fetchone() or ("", {})
        if len(_links) > 1000:
            _links.clear()
        found = _links[str(link_id)] = (
            time.monotonic(),
            profile or "",
            json.loads(own) if isinstance(own, str) else own,  # Django leaves JSON as text
        )
    return meaning_of(code, found[1], found[2])
