"""Refusals in the words of the person who meets them, by code: French and English.

No English: the refusal's own words, which say more than a fixed sentence can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config import error_texts_knowledge, error_texts_replies
from config.bot_error_texts import BOT_TEXTS
from config.lookup_texts import OF_LOOK_UPS
from config.people_error_texts import PEOPLE_TEXTS
from config.security_texts import SECURITY_TEXTS

TEXTS: dict[str, tuple[str, str]] = {
    **OF_LOOK_UPS,
    **SECURITY_TEXTS,
    "signed_out": ("Votre session est terminée : connectez-vous.", "Your session is over: sign in."),
    "csrf": ("Cette page est trop ancienne : rechargez-la.", "This page is too old: reload it."),
    "role": ("Votre rôle ne le permet pas.", "Your role does not include this."),
    "not_found": ("Introuvable.", "Not found."),
    "no_page": ("Introuvable.", "Not found."),
    "invalid": ("Certains champs sont à corriger.", "Some fields need correcting."),
    "unreadable": ("Demande illisible.", "The request cannot be read."),
    "too_large": ("Cette demande est trop grande.", "This request is too large."),
    "too_deep": ("Demande illisible.", "The request cannot be read."),
    "duplicate_key": ("Demande illisible : un champ y est deux fois.", "The request has one field twice."),
    "number": ("Demande illisible : un nombre est hors limites.", "The request holds a number beyond all limits."),
    "content_type": ("Cette demande doit être en JSON.", "This request must be JSON."),
    "characters": ("Ce champ contient des caractères invisibles.", "This holds characters that cannot be seen."),
    "too_many_texts": (
        "Vous avez envoyé beaucoup de textes en une minute : patientez un instant.",
        "You have sent many texts within a minute: wait a moment.",
    ),
    "no_token": (
        "Aucun jeton valable n’accompagne cet appel.", "No token that works came with this call.",
    ),
    "key_used": (
        "Cette clé a déjà servi pour une autre demande.", "This key was used for another request before.",
    ),
    "too_many_recipients": ("Au plus 100 numéros à la fois.", "At most 100 numbers at once."),
    "no_such_number": ("Ce numéro n’existe pas.", "There is no such number."),
    "not_a_number": (
        "Ce n’est pas un numéro de téléphone.", "This is not a telephone number.",
    ),
    "number_too_long": ("Ce numéro est trop long.", "This number is too long."),
    "number_too_short": ("Ce numéro est trop court.", "This number is too short."),
    "extension": (
        "Un poste derrière un standard ne reçoit pas de SMS.", "A desk behind a switchboard gets no SMS.",
    ),
    "line_off": ("Cette ligne est arrêtée.", "This line is switched off."),
    "wrong_number": (
        "Un opérateur a refusé ce numéro pour de bon.", "An operator has refused this number for good.",
    ),
    "per_minute": ("De 1 à 60 000 textes par minute.", "From 1 to 60,000 texts a minute."),
    "no_such_token": ("Ce jeton est introuvable.", "There is no such token."),
    "no_text": ("Ce texte est introuvable.", "There is no such text."),
    "revoked": ("Ce jeton est déjà révoqué.", "This token is revoked already."),
    "too_many_tries": (
        "Trop d’essais : patientez un instant, puis recommencez.", "Too many tries: wait a moment, then try again.",
    ),
    "client_id_used": (
        "Ce message a déjà été envoyé avec un autre texte.", "This message was sent before with another text.",
    ),
    "conflict": ("Quelqu’un a été plus rapide : regardez à nouveau.", "Somebody was faster: look again."),
    "unavailable": ("Le service est momentanément indisponible.", "The service is unavailable for a moment."),
    "failed": ("Une erreur est survenue de notre côté.", "Something failed on our side."),
    "too_many": ("Trop de demandes : patientez un instant.", "Too many requests: wait a moment."),
    "no_attachment": ("Cette pièce jointe est introuvable.", "There is no such attachment."),
    "no_attachments": (
        "Cette ligne n’envoie que du texte, sans pièce jointe.",
        "This line sends text only, no attachments.",
    ),
    "attachment_kind": (
        "Ce type de fichier ne peut pas être envoyé sur cette ligne.",
        "This kind of file cannot be sent on this line.",
    ),
    "too_many_attachments": ("Trop de pièces jointes pour un seul message.", "Too many attachments for one message."),
    "attachments_too_large": (
        "Les pièces jointes d’un message font au plus 5 Mo ensemble.",
        "The attachments of a message have at most 5 MB together.",
    ),
    "no_conversation": ("Cette conversation est introuvable.", "There is no such conversation."),
    "not_owner": ("Cette conversation n’est pas la vôtre.", "This conversation is not yours."),
    "not_closed": ("Cette conversation n’est pas close.", "This conversation is not closed."),
    "newer_open": (
        "Le client a écrit depuis : une conversation plus récente est ouverte.",
        "The customer has written since: a newer conversation is open.",
    ),
    "closed": ("Cette conversation est close.", "This conversation is closed."),
    "new_text": (
        "Un texte que vous n’avez pas vu est arrivé : lisez-le d’abord.",
        "A text has come that you have not seen: read it first.",
    ),
    "empty": ("Écrivez quelque chose.", "Write something."),
    "offer_over": (
        "Cette proposition n’est plus valable : elle est passée à quelqu’un d’autre.",
        "This offer is over: it has gone on to somebody else.",
    ),
    "transfer_pending": (
        "Elle est déjà proposée à quelqu’un d’autre.", "It is offered to somebody else already.",
    ),
    "transfer_to_owner": ("Cette conversation est déjà la sienne.", "This conversation is his already."),
    "consult_pending": ("Un autre avis est déjà demandé.", "Somebody else is asked already."),
    "not_consulted": ("Cet avis est demandé entre deux autres personnes.", "Two other people talk about it."),
    "with_bot": ("Le robot s’en occupe.", "The bot has it."),
    "agent_blind": ("Cette personne ne voit pas cette ligne.", "This person does not see this line."),
    "agent_away": ("Cette personne n’est pas à son poste.", "This person is not at work."),
    "agent_full": ("Cette personne n’a plus de place.", "This person has no room left."),
    "no_offer": ("Cette proposition est introuvable.", "There is no such offer."),
    "no_queue": ("Cette file d’attente est introuvable.", "There is no such queue."),
    "no_pull": (
        "Cette file d’attente distribue elle-même ses conversations.",
        "This queue hands out its conversations by itself.",
    ),
    "not_your_queue": ("D’autres servent cette file d’attente.", "Others serve this queue."),
    "queue_empty": ("Personne n’attend que vous pourriez prendre.", "Nobody waits whom you could take."),
    "no_wrap_up": ("Vous n’avez rien à conclure ici.", "There is nothing of yours to wrap up."),
    "disposition_required": ("Indiquez ce qu’il en est résulté.", "Say what came of it."),
    "no_skill": ("Cette compétence est introuvable.", "There is no such skill."),
    "no_reason": ("Cet état est introuvable.", "There is no such state."),
    "no_disposition": ("Ce résultat est introuvable.", "There is no such disposition."),
    "last_reason": (
        "Un état au moins doit recevoir du travail.", "At least one state must take work.",
    ),
    "last_queue": ("La dernière file d’attente reste active.", "The last queue stays on."),
    "queue_used": (
        "Une ligne y fait attendre ses conversations : donnez-lui d’abord une autre file d’attente.",
        "A line's conversations wait in it: give the line another queue first.",
    ),
    "holds_more": (
        "Il a plus de conversations que cela en ce moment.", "He holds more conversations than that at this moment.",
    ),
    "out_of_range": ("De {least} à {most}.", "From {least} to {most}."),
    "twice": ("Chacun une seule fois.", "Each only once."),
    "language": ("Un code de deux à cinq lettres, par exemple fr.", "A code of two to five letters, such as fr."),
    "language_taken": ("Une autre compétence est déjà cette langue.", "Another skill is this language already."),
    "at_capacity": ("Vous avez déjà assez de conversations.", "You hold as many conversations as you may."),
    "opted_out": (
        "Ce numéro ne veut plus de SMS : rien ne peut lui être envoyé.",
        "This number wants no more texts: nothing can be sent to it.",
    ),
    "keyword": ("Ce mot ne peut pas être un mot-clé.", "This cannot be a keyword."),
    "no_link": ("Cette ligne n’a aucun lien actif.", "This line has no enabled link."),
    "required": ("Ce champ est obligatoire.", "This field is required."),
    "not_an_email": ("Ce n’est pas une adresse électronique.", "This is not an e-mail address."),
    "email_taken": ("Cette adresse est déjà utilisée.", "This address is used already."),
    "name_taken": ("Ce nom est déjà utilisé.", "This name is used already."),
    "address_taken": ("Une autre ligne a cette adresse.", "Another line has this address."),
    "address": (
        "Un numéro court, un numéro ou un nom d’expéditeur.", "A short code, a number or a sender’s name.",
    ),
    "last_administrator": (
        "Le dernier administrateur ne peut être ni suspendu ni changé de rôle.",
        "The last administrator can be neither suspended nor given another role.",
    ),
    "secret_shown": (
        "Un secret a son propre champ : les réglages sont lisibles.",
        "A secret has its own field: settings can be read.",
    ),
    "most_parts": ("De 1 à 255 SMS.", "From 1 to 255 SMS."),
    "prefix": (
        "Un préfixe international est attendu, par exemple +22901 97.", "",
    ),
    "meanings": (
        "Chaque code demande des mots en français et en anglais (120 signes au plus ; 200 codes au plus).",
        "Each code needs words in French and English (at most 120 characters; at most 200 codes).",
    ),
    "too_many_prefixes": ("Au plus 500 préfixes.", "At most 500 prefixes."),
    "failover_after_s": ("De 1 à 604 800 secondes (7 jours).", "From 1 to 604,800 seconds (7 days)."),
    "no_wrong_number": (
        "Ce numéro n’est pas parmi les numéros erronés.", "This number is not among the wrong ones.",
    ),
    "not_started": ("Ce lien est arrêté.", "This link is stopped."),
    "no_rows": (
        "Aucune ligne de ce fichier ne contient un numéro et un opérateur.",
        "No line of this file has a number and an operator.",
    ),
    "no_list": ("Cette liste est introuvable.", "There is no such list."),
    "no_upload": ("Ce fichier est introuvable.", "There is no such file."),
    "no_view": ("Cette vue est introuvable.", "There is no such view."),
    "no_deed": ("Cette action est introuvable.", "There is no such action."),
    "too_late": ("Ce n’est plus annulable.", "This cannot be taken back any more."),
    "no_line_chosen": ("Choisissez au moins une ligne.", "Choose at least one line."),
    "no_tag": ("Cette étiquette est introuvable.", "There is no such tag."),
    "no_attribute": ("Cet attribut est introuvable.", "There is no such attribute."),
    "no_contact": (
        "Personne n’a encore écrit de ce numéro, ni n’en a reçu de texte.",
        "Nobody has written from this number yet, nor been written to.",
    ),
    "in_use": ("Quelque chose s’en sert encore.", "Something still uses it."),
    "bot_needed": (
        "Le filtre d’accueil de cette ligne laisse des abonnés à l’automate seul : changez-le d’abord.",
        "The front filter of this line leaves some people to the bot alone: change that first.",
    ),
    "list_busy": (
        "Un fichier est en cours d’import dans cette liste : attendez qu’il soit repris.",
        "A file is being read into this list: wait until it is done.",
    ),
    "upload_over": ("Ce fichier est déjà complet.", "This file is whole already."),
    "pieces_missing": (
        "Ce fichier n’est pas arrivé en entier : reprenez l’envoi.", "This file has not come whole: send it again.",
    ),
    "piece": ("Ce morceau de fichier est illisible.", "This piece of a file cannot be read."),
    "too_many_numbers": (
        "Au plus 100 numéros à la fois : au-delà, un fichier.", "At most 100 numbers; more are a file.",
    ),
    "too_many_things": ("C’est déjà le nombre permis.", ""),
    "too_many_checks": ("Au plus 50 contrôles.", "At most 50 checks."),
    "file_empty": ("Ce fichier est vide.", "This file is empty."),
    "file_too_large": ("Au plus 64 Mo.", "At most 64 MB."),
    "file_spreadsheet": (
        "C’est un classeur : enregistrez-le d’abord au format CSV.", "This is a spreadsheet: save it as CSV first.",
    ),
    "file_not_text": ("Ce fichier n’est pas du texte.", "This file is no text."),
    "file_no_numbers": (
        "Aucune ligne de ce fichier ne contient de numéro de téléphone.", "No line of this file has a phone number.",
    ),
    "attribute_value": ("Cette valeur n’est pas du type attendu.", ""),
    "attribute_key": (
        "Des minuscules, des chiffres et _, une lettre d’abord.", "Small letters, digits and _, a letter first.",
    ),
    "attribute_choices": ("De 1 à 100 choix.", "From 1 to 100 choices."),
    "compare_order": (
        "Seuls les nombres et les dates se comparent ainsi.", "Only numbers and dates are less or more.",
    ),
    "filter_words": (
        "De 1 à 30 mots, de 60 signes au plus.", "From 1 to 30 words, of at most 60 characters.",
    ),
    "filter_priority": ("De 0 à 100.", "From 0 to 100."),
    "too_many_rules": ("Au plus 50 règles.", "At most 50 rules."),
    "too_many_conditions": ("Au plus 10 conditions.", "At most 10 conditions."),
    "too_many_wants": ("Au plus 10 compétences.", "At most 10 skills."),
    "rule_level": (
        "Un niveau minimal ou souhaité, de 1 à 5.", "A least or a preferred level, from 1 to 5.",
    ),
    "rule_percent": ("De 0 à 100.", "From 0 to 100."),
    "rule_names": ("De 1 à 60 noms, de 80 signes au plus.", "From 1 to 60 names, of at most 80 characters."),
    "rule_span": ("Deux heures sont attendues : 08:00-17:30.", "Two times are expected: 08:00-17:30."),
    "medium": ("Ce lien porte un autre média.", "This link carries another medium."),
    "adapter_fixed": (
        "Un lien garde son adaptateur : créez un autre lien.", "A link keeps its adapter: make another link.",
    ),
    "account_taken": ("Un autre lien a déjà ce compte de l’opérateur.", ""),
    "csv_broken": ("Un guillemet ouvert n’est pas refermé : rien n’a été repris de ce fichier.", ""),
    "bot_learning": (
        "Le robot apprend ses phrases : réessayez dans une demi-minute.",
        "The bot is learning its phrases: try again in half a minute.",
    ),
    "texts_wait": (
        "Des SMS de cette ligne attendent encore ce lien : laissez-les partir, ou faites-les passer par un autre.",
        "Texts of this line still wait for this link: let them leave, or have them leave by another.",
    ),
    "already_owned": ("Un collègue a cette conversation.", ""),
    "already_sent": ("Ce message a déjà été enregistré.", "This message was stored already."),
    "cursor": ("Cette liste a changé : reprenez au début.", "This is no place in a list: start again."),
    "no_bot": ("Cette ligne n’a pas de robot.", "This line has no bot."),
    "no_export": ("Ce fichier est introuvable.", "There is no such file."),
    "export_not_ready": ("Ce fichier n’est pas encore prêt.", "This file is not ready yet."),
    "too_many_exports": (
        "Vos fichiers précédents sont encore en préparation : attendez-les.",
        "Your earlier files are still being written: wait for them.",
    ),
    "no_job": ("Cette tâche est introuvable.", "There is no such job."),
    "no_line": ("Cette ligne est introuvable.", "There is no such line."),
    "no_user": ("Cette personne est introuvable.", "There is no such person."),
    "not_an_id": ("Des identifiants séparés par des virgules.", "Ids separated by commas."),
    "setting": ("Ce réglage ne convient pas.", ""),
    "too_long": ("Ce texte est trop long.", ""),
    "unknown_adapter": ("Cet adaptateur n’existe pas.", ""),
    "unknown_choice": ("Ce choix n’existe pas.", ""),
    "too_much_traffic": (
        "Plus de 5 000 agents parleraient en même temps : diminuez le volume ou la durée.",
        "More than 5,000 agents would talk at once: lower the volume or the handling time.",
    ),
    "ladder_too_long": ("Au plus 20 marches.", "At most 20 steps."),
    "ladder_seconds": (
        "De 0 à 604 800 secondes (7 jours) d’attente.", "From 0 to 604,800 seconds (7 days) of waiting.",
    ),
    "ladder_order": (
        "Cette marche vient avant celle qui la précède : mettez-les dans l’ordre du temps.",
        "This step comes before the one above it: put them in the order of time.",
    ),
    "ladder_after_bot": (
        "Rien ne suit le robot : la conversation a quitté la file.",
        "Nothing comes after the bot: the conversation has left the queue.",
    ),
    "ladder_twice": ("Une marche précédente dit la même chose.", "A step before it says the same."),
    "ladder_unknown_skill": ("Cette compétence n’existe pas.", "There is no such skill."),
    "ladder_unknown_queue": ("Cette file d’attente n’existe pas.", "There is no such queue."),
    "ladder_levels": ("De 1 à 5 niveaux de moins.", "From 1 to 5 levels less."),
    "ladder_priority": ("De 1 à 100 de plus.", "From 1 to 100 more."),
    "ladder_own_queue": (
        "La conversation attend déjà dans cette file.", "The conversation waits in this queue already.",
    ),
    "ladder_queue_twice": (
        "Une marche précédente ajoute déjà cette file.", "A step before it adds this queue already.",
    ),
    "ladder_queue_off": (
        "Cette file est hors service : rien n’y déborde.", "This queue is out of use: nothing overflows into it.",
    ),
    "ladder_loop": (
        "Débordement en boucle : cette file déborde à son tour vers celle-ci.",
        "Overflow in a loop: this queue overflows back into the one that overflows into it.",
    ),
    "ladder_step": ("Cette marche est illisible.", ""),
    "ladder_no_estimate": (
        "Ce texte-ci est celui d’une attente encore inconnue : {wait} et {longest} n’y disent rien.",
        "This text is the one for a wait that is not known: {wait} and {longest} say nothing here.",
    ),
    "ladder_placeholder": (
        "Une accolade de ce texte ne représente rien ici.", "A name in braces stands for nothing in this text.",
    ),
    "hours_week": ("Il faut sept jours, à partir du lundi.", "Seven days are needed, Monday first."),
    "hours_range": (
        "De 00:00 à 24:00, ou jusqu’au lendemain ; 24 heures au plus d’affilée.",
        "From 00:00 to 24:00, or until the next day; at most 24 hours at a stretch.",
    ),
    "hours_backwards": (
        "Une ouverture finit après avoir commencé (cochez « lendemain » pour une nuit).",
        "An opening ends after it begins (tick “next day” for a night).",
    ),
    "hours_overlap": ("Deux ouvertures se chevauchent.", "Two openings overlap."),
    "hours_too_many": ("Au plus 8 ouvertures par jour.", "At most 8 openings a day."),
    "hours_never": (
        "Rien n’ouvrirait plus jamais : qui écrit attendrait sans fin.",
        "Nothing would ever open again: whoever writes would wait for ever.",
    ),
    "no_schedule": ("Ces horaires sont introuvables.", "There are no such hours."),
    "schedule_used": (
        "Une ligne ou une file suit encore ces horaires.", "A line or a queue still keeps these hours.",
    ),
    "too_many_schedules": ("Au plus 200 horaires.", "At most 200 schedules."),
    "changed_meanwhile": (
        "Quelqu’un a changé ceci depuis que vous l’avez ouvert : regardez à nouveau.",
        "Somebody has changed this since you opened it: look again.",
    ),
    "targets_changed": (
        "Quelqu’un a changé ces objectifs depuis que vous les avez ouverts : regardez à nouveau.",
        "Somebody has changed these targets since you opened them: look again.",
    ),
    "no_special_days": ("Ces jours particuliers sont introuvables.", "There are no such special days."),
    "days_backwards": ("Le dernier jour vient avant le premier.", "The last day lies before the first."),
    "report_too_long": ("Au plus 92 jours.", "At most 92 days."),
    "days_too_long": ("Au plus 366 jours, entre 2000 et 2100.", "At most 366 days, between 2000 and 2100."),
    "days_overlap": (
        "Une autre règle vaut déjà pour l’un de ces jours.", "Another rule holds on one of these days already.",
    ),
    "says_too_long": (
        "Trop long pour une ligne qui suit ces horaires : elle ne peut l’envoyer en un texte.",
        "Too long for a line that keeps these hours: it cannot send this as one text.",
    ),
    "too_many_special_days": ("Au plus 200 règles.", "At most 200 rules."),
    "holiday_far": (
        "Au plus 30 jours avant ou après la date estimée.", "At most 30 days before or after the estimated date.",
    ),
    "callback_past": ("Cette heure est déjà passée.", "This time has passed already."),
    "callback_far": ("Au plus un an à l’avance.", "At most a year ahead."),
    "snooze_past": ("Cette heure est déjà passée.", "This time has passed already."),
    "snooze_far": ("Au plus un an à l’avance.", "At most a year ahead."),
    "no_callback": ("Aucun rappel n’est promis ici.", "No callback is promised here."),
    "target_range": ("De 1 seconde à 90 jours.", "From 1 second to 90 days."),
    "warn_percent": ("De 1 à 99 %.", "From 1 to 99 %."),
    "search": (
        "Les noms et les numéros ne vous sont pas montrés.", "Names and numbers are not shown to you.",
    ),
    **error_texts_knowledge.TEXTS,
    **error_texts_replies.TEXTS,
}  # fmt: skip


TEXTS |= BOT_TEXTS | PEOPLE_TEXTS

# In whose sentences {names} stand for what is refused; in others they stand as they are.
WITH_FACTS = (
    "out_of_range", "unknown_variable", "phrase_elsewhere", "lookup_one_select", "lookup_function", "lookup_bounds",
)  # fmt: skip


def in_words(code: str, language: str, otherwise: str, facts: Mapping[str, Any] | None = None) -> str:
    """The sentence of `code` in `language`; `otherwise` for codes whose message says more than a fixed sentence."""
    french, english = TEXTS.get(code, (otherwise, otherwise))
    said = french if language.startswith("fr") else english or otherwise
    if code not in WITH_FACTS:
        return said
    return said.format_map({name: figure(value, language) for name, value in (facts or {}).items()})


def figure(value: Any, language: str) -> str:
    """A number as it is read: "1 000 000" in French, "1,000,000" in English."""
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return f"{value:,}".replace(",", "\u202f") if language.startswith("fr") else f"{value:,}"
