"""Refusals about people and views of them, as config/error_texts.py has the others."""

from __future__ import annotations

PEOPLE_TEXTS: dict[str, tuple[str, str]] = {
    "shared_view": (
        "Cette vue est partagée : un superviseur peut la changer, ou gardez-en une copie à vous.",
        "This view is shared: a supervisor may change it, or keep a copy of your own.",
    ),
    "no_person": ("Cette personne est introuvable.", "There is no such person."),
    "no_note": ("Cette note est introuvable.", "There is no such note."),
    "not_author": ("Seul son auteur modifie une note.", "Only its author changes a note."),
    "not_blocked": ("Cette personne n’est pas bloquée.", "This person is not blocked."),
    "past": ("Ce moment est passé.", "This time is over."),
    "same_person": ("C’est déjà la même personne.", "These are one person already."),
    "no_merge": ("Cette réunion de contacts est introuvable.", "There is no such merge."),
    "split_already": ("Ce sont déjà de nouveau deux personnes.", "These are two people again already."),
    "not_https": (
        "Une adresse qui commence par https:// et nomme un serveur est attendue.",
        "An address that begins with https:// and names a server is expected.",
    ),
    "unknown_placeholder": (
        "Une variable est inconnue : {{number}}, {{digits}} ou la clé d’un attribut entre accolades.",
        "A variable is unknown: {{number}}, {{digits}}, or the key of an attribute in braces.",
    ),
}
