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
PASSING = frozenset({20500, 20503, 30010, 30008})

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
    21703: "the messaging service has no sender",
    30001: "Twilio's queue is full",
    30002: "the account is suspended",
    30003: "the phone cannot be reached",
    30004: "the number refuses texts",
    30005: "unknown number",
    30006: "a landline, or an operator that cannot be reached",
    30007: "filtered as unwanted",
    30008: "the operator did not say why",
    63016: "WhatsApp takes free text only within 24 hours of the person's last",
    63018: "WhatsApp asks for fewer texts",
}


def fault(status: int, code: int | None, message: str) -> DeliveryError | Unwell:
    """What to raise for an answer of `status` that is no success."""
    known = code or 0
    words = (WORDS.get(known) or message or f"status {status}")[:160]
    spelled = str(known or f"http {status}")
    if status == 429 or known in THROTTLED:
        return SubmitRefused(known or status, words, permanent=False, throttled=True, spelled=spelled)
    if known in ACCOUNT or status in (401, 403):
        return Unwell(f"{words} ({spelled})", state="failed")
    if known in PASSING or status in (408, 503):
        return SubmitRefused(known or status, words, permanent=False, spelled=spelled)
    if status >= 500:  # it may have been taken before it broke
        return SubmitUnknown(f"{words} ({spelled})")
    if status in (400, 422):
        return SubmitRefused(known or status, words, permanent=True, spelled=spelled)
    return Unwell(f"{words} ({spelled})", state="failed")  # an address that is none: not this text's fault
