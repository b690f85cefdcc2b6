"""Canned replies of the demonstration, in both languages."""

from __future__ import annotations

from accounts.models import Organisation
from replies.models import CannedReply, Scope

_REPLIES = (
    ("bienvenue", "Bienvenue",
     "Bonjour {contact.name}, ici {agent.name}, service clients. Que puis-je faire pour vous ?",
     "Hello {contact.name}, this is {agent.name}, customer care. How can I help?"),
    ("patience", "Je regarde", "Merci de patienter un instant, je regarde votre dossier {case.number}.",
     "One moment please, I am looking into your case {case.number}."),
    ("piece", "Pièce d'identité", "Pour continuer, venez en agence avec votre pièce d'identité.",
     "To go on, please visit a shop with your ID."),
    ("rappel", "Rappel en retard",
     "Rappel du {date} : votre retour est en retard. Merci de passer aux heures d'ouverture.",
     "Reminder of {date}: your return is overdue. Please come during opening hours."),
    ("fete", "Bonne fête", "Bonne fête à vous et aux vôtres !", "Season's greetings to you and yours!"),
    ("merci", "Merci", "Merci de votre confiance. Bonne journée !", "Thank you for your trust. Have a good day!"),
)  # fmt: skip


def make_replies(owner: Organisation) -> None:
    for shortcut, title, fr, en in _REPLIES:
        CannedReply.objects.create(organisation=owner, scope=Scope.ALL, shortcut=shortcut, title=title, fr=fr, en=en)
