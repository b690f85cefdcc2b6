"""What Twilio posts to us: texts of subscribers, and what became of ours. Always signed, never believed without."""

from __future__ import annotations

from channels_sms import called
from channels_sms.smpp import alphabets
from channels_sms.twilio import errors
from channels_sms.twilio.client import WHATSAPP
from contacts.keywords import Keyword
from conversations.adapters import (
    RECEIPTS,
    Heard,
    InboundMedium,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    LinkConfig,
    WebhookRefused,
    WebhookRequest,
)
from conversations.attachments import WORDLESS

MOST_MEDIA = 10  # of a text, says Twilio
_SIGNATURE = "x-twilio-signature"

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATES = {
    "accepted": "accepted", "scheduled": "accepted", "queued": "accepted", "sending": "accepted", "sent": "enroute",
    "delivered": "delivered", "read": "delivered", "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip
_OPT_OUT = {"STOP": Keyword.OPT_OUT, "START": Keyword.OPT_IN, "HELP": Keyword.HELP}


def hear(request: WebhookRequest, config: LinkConfig) -> Heard:
    """Raises WebhookRefused."""
    called.only_post(request)
    fields = called.read_form(request)
    _prove(request, fields, config)
    if fields.get("AccountSid") != config.settings.get("account_sid"):
        raise WebhookRefused(403, "account", "this is another account")
    if request.kind == RECEIPTS:
        return Heard((_receipt(request, fields, config),))
    return Heard((_text(request, fields, config),), "text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response/>')


def _prove(request: WebhookRequest, fields: dict[str, str], config: LinkConfig) -> None:
    from twilio.request_validator import RequestValidator

    signature = request.headers.get(_SIGNATURE, "")
    # Signed under no token, a call proves nothing: anybody could have signed it.
    if not config.secret or not signature:
        raise WebhookRefused(403, "signature", "this call is not signed")
    if not RequestValidator(config.secret).validate(request.url, fields, signature):
        raise WebhookRefused(403, "signature", "this signature is not that of the account")


def _text(request: WebhookRequest, fields: dict[str, str], config: LinkConfig) -> InboundText | InboundUnreadable:
    key = called.plain(fields.get("MessageSid") or fields.get("SmsMessageSid") or "", "MessageSid", longest=64)
    if not key:
        raise WebhookRefused(400, "field", "MessageSid is missing")
    sender = fields.get("From", "").removeprefix(WHATSAPP)
    recipient = fields.get("To", "")
    if not sender or not recipient:
        return InboundUnreadable(config.id, key, request.body, "no sender or no recipient", sender)
    media = _media(fields)
    body = fields.get("Body", "") or (WORDLESS if media else "")  # a text without words would be none
    count = fields.get("NumSegments", "1")
    return InboundText(
        link_id=config.id,
        key=key,
        sender=sender,
        recipient=recipient,
        sender_ton=1,
        body=body,
        raw=request.body,
        encoding=alphabets.plan(body, {}).encoding,
        parts=min(max(int(count), 1), 255) if count.isascii() and count.isdecimal() and len(count) < 4 else 1,
        media=media,
        keyword=_OPT_OUT.get(fields.get("OptOutType", ""), ""),
    )


def _media(fields: dict[str, str]) -> tuple[InboundMedium, ...]:
    count = fields.get("NumMedia", "")
    places = range(min(int(count), MOST_MEDIA)) if count.isascii() and count.isdecimal() and len(count) < 4 else ()
    named = [(fields.get(f"MediaUrl{place}", ""), fields.get(f"MediaContentType{place}", "")) for place in places]
    return tuple(InboundMedium(url[:1000], kind[:100]) for url, kind in named if url)


def _receipt(request: WebhookRequest, fields: dict[str, str], config: LinkConfig) -> InboundReceipt | InboundUnreadable:
    sid = called.plain(fields.get("MessageSid") or fields.get("SmsSid") or "", "MessageSid", longest=64)
    said = called.plain(fields.get("MessageStatus") or fields.get("SmsStatus") or "", "MessageStatus", longest=40)
    if not sid or said not in STATES:
        return InboundUnreadable(config.id, f"receipt:{sid}:{said}", request.body, "no message or an unknown status")
    code = fields.get("ErrorCode", "")
    number = int(code) if code.isascii() and code.isdecimal() and len(code) < 9 else 0
    return InboundReceipt(
        link_id=config.id,
        provider_ids=(sid,),
        address="",  # a sid is given once in the world
        state=STATES[said],
        error=str(number or ""),
        text=f"{said}: {errors.WORDS[number]}" if number in errors.WORDS else said,
        raw=request.body,
    )
