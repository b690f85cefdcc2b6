"""The adapter of a Twilio account: what the gateway holds and calls (conversations.adapters.LinkAdapter)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from channels_sms.calling import CallingLink, Unwell
from channels_sms.twilio import settings as twilio_settings
from conversations.adapters import (
    RECEIPTS,
    Capabilities,
    DeliveryError,
    Heard,
    LinkConfig,
    MediaAccess,
    OutboundPart,
    WebhookRequest,
)
from conversations.media_links import media_url

if TYPE_CHECKING:
    from channels_sms.twilio.client import Rest


class TwilioLink(CallingLink):
    """Senders are the lines' addresses: "+14155550123", a short code, or "whatsapp:+14155238886"."""

    # https://www.twilio.com/docs/messaging/guides/accepted-mime-types: of these, what we tell by its content.
    capabilities: ClassVar[Capabilities] = replace(
        CallingLink.capabilities,
        attachments=True,
        media=(
            "image/jpeg", "image/png", "image/gif", "audio/mpeg", "audio/ogg", "audio/amr", "audio/mp4", "video/mp4",
            "video/3gpp", "video/webm",
        ),
        most_media=10,
        largest_media=5_000_000,
    )  # fmt: skip
    # https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages: one with each text.
    _whatsapp: ClassVar[Capabilities] = replace(
        capabilities,
        media=(
            "image/jpeg", "image/png", "image/webp", "audio/mpeg", "audio/ogg", "audio/amr", "audio/mp4", "video/mp4",
        ),
        most_media=1,
    )  # fmt: skip
    _rest: Rest | None = None

    @staticmethod
    def check(settings: Mapping[str, Any], secret: str) -> None:
        twilio_settings.read(settings, secret)

    @staticmethod
    def hear(request: WebhookRequest, config: LinkConfig) -> Heard:
        from channels_sms.twilio import webhooks  # with the package's validator, where it is needed

        return webhooks.hear(request, config)

    @classmethod
    def for_sender(cls, address: str) -> Capabilities:
        return cls._whatsapp if address.startswith("whatsapp:") else cls.capabilities

    @staticmethod
    def media(url: str, config: LinkConfig) -> MediaAccess:
        return twilio_settings.media(url, config)

    async def look(self) -> bool:
        try:
            await self._account().look()
        except DeliveryError as error:
            raise Unwell(str(error)) from None
        return True

    async def call(self, part: OutboundPart) -> tuple[str, ...]:
        places = range(1, part.media + 1)
        urls = [media_url(self._config.webhooks, part.message_id, place) for place in places]
        return (await self._account().send(part, callback=f"{self._config.webhooks}/{RECEIPTS}", media_urls=urls),)

    async def close(self) -> None:
        if self._rest is not None:
            rest, self._rest = self._rest, None
            await rest.close()

    def _account(self) -> Rest:
        if self._rest is None:
            from channels_sms.twilio.client import Rest  # some 20 MB: only where there is such a link

            self._rest = Rest(twilio_settings.read(self._config.settings, self._config.secret), self._config.secret)
        return self._rest
