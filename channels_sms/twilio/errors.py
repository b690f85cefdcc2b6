"""What an error of Twilio means for the text: for good, for now, slower, or for the whole account.

Codes: https://www.twilio.com/docs/api/errors. What is not listed is judged by its status.
"""

from __future__ import annotations

from channels_sms.calling import Unwell
from conversations.adapters import DeliveryError, SubmitRefused, SubmitUnknown

# "Slower": too many requests, too many at once, the queue of the number or of the account is full.
THROTTLED = frozenset({20429, 14107, 21611, 30001, 30022, 63018})
# Nothing is wrong with the text: the account cannot be used until a person has seen to it.
ACCOUNT = frozenset({20003, 20005, 20008, 20404, 30002})
# Later it may well be taken.
_NOT_NOW = 20503
PASSING = frozenset({_NOT_NOW, 30010, 30008})
# A fault of its own, whatever the status; and statuses that may come from something in between.
UNSURE_CODES, UNSURE = frozenset({20500}), frozenset({408, 409})
_OF_TEXTS = 21_000  # below stand codes of the account and of the API itself, from here those of one text

WORDS = {
    20003: "Twilio does not know this account and token",
    20005: "the Twilio account is not active",
    20404: "Twilio does not know this account",
    20429: "too many requests",
    21211: "not a number that can be texted",
    21408: "the account may not text this country",
    21606: "the sender is no number of the account for this text",
    21610: "this number has sent STOP to Twilio",
    21611: "too many texts wait for this sender",
    21612: "no way from this sender to this number",
    21614: "not a mobile number",
    21617: "the text is too long",
    21620: "Twilio cannot use the address of an attachment",
    21623: "too many attachments",
    21703: "the messaging service has no sender",
    30001: "Twilio's queue is full",
    30002: "the account is suspended",
    30003: "the phone cannot be reached",
    30004: "the number refuses texts",
    30005: "unknown number",
    30006: "a landline, or an operator that cannot be reached",
    30007: "filtered as unwanted",
    30008: "the operator did not say why",
    11200: "Twilio could not fetch an attachment",
    11751: "an attachment is too large",
    12300: "an attachment of a kind that is not carried",
    30019: "the attachments are too large for the operator",
    63019: "WhatsApp could not fetch an attachment",
    63021: "WhatsApp refuses the attachment",
    63016: "WhatsApp takes free text only within 24 hours of the person's last",
    63018: "WhatsApp asks for fewer texts",
}


def fault(status: int, code: object, message: str) -> DeliveryError | Unwell:
    """What to raise for an answer of `status` that is no success."""
    known = code if isinstance(code, int) else 0
    words = (WORDS.get(known) or message or f"status {status}")[:160]
    spelled = str(known or f"http {status}")
    if status == 503 and known == _NOT_NOW:  # in so many words; any other 503 may come from something in between
        return SubmitRefused(known, words, permanent=False, spelled=spelled)
    if not 400 <= status < 500 or status in UNSURE or known in UNSURE_CODES:
        return SubmitUnknown(f"{words} ({spelled})")
    if status == 429 or known in THROTTLED:
        return SubmitRefused(known or status, words, permanent=False, throttled=True, spelled=spelled)
    if known in ACCOUNT or status == 401:
        return Unwell(f"{words} ({spelled})", state="failed")
    if known in PASSING:
        return SubmitRefused(known, words, permanent=False, spelled=spelled)
    if status in (400, 422) or known >= _OF_TEXTS:
        return SubmitRefused(known or status, words, permanent=True, spelled=spelled)
    return Unwell(f"{words} ({spelled})", state="failed")  # an address that is none: not this text's fault
