"""Refusals about canned replies, drafts and scheduled replies, in words: French and English, as config.error_texts."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "no_reply": ("Cette réponse type n’existe pas.", "There is no such canned reply."),
    "shortcut": (
        "Un raccourci s’écrit sans espace : lettres, chiffres, tirets et points, 40 au plus.",
        "A shortcut has no spaces: letters, digits, dashes and dots, at most 40.",
    ),
    "shortcut_taken": ("Une autre réponse a ce raccourci.", "Another reply has this shortcut."),
    "unknown_variable": (
        "Rien ne se cache derrière {{{name}}} : choisissez une variable de la liste.",
        "Nothing stands behind {{{name}}}: choose a variable of the list.",
    ),
    "too_many_replies": (
        "Au plus 500 réponses communes, et 200 personnelles.", "At most 500 shared replies, and 200 of one’s own.",
    ),
    "csv_heads": (
        "Ce fichier n’a pas les colonnes « shortcut » et « title ».",
        "This file lacks the columns “shortcut” and “title”.",
    ),
    "draft_elsewhere": (
        "Ce brouillon a changé dans un autre navigateur.", "This draft was changed in another browser.",
    ),
    "no_scheduled": ("Ce message programmé n’existe pas.", "There is no such scheduled message."),
    "scheduled_over": (
        "Ce message est déjà parti, ou annulé.", "This message has left, or was given up.",
    ),
    "scheduled_past": ("Cette heure est déjà passée.", "This time has passed already."),
    "scheduled_far": ("Au plus 90 jours à l’avance.", "At most 90 days ahead."),
    "outside_hours": ("La ligne est fermée à ce moment.", "The line is closed at that time."),
    "too_many_scheduled": (
        "Au plus 5 messages programmés par conversation.", "At most 5 scheduled messages in a conversation.",
    ),
}  # fmt: skip
