"""A Twilio link against an emulator of Twilio's documented shapes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from peer import FakeIntake, outbound, running
from twilio_world import (
    ACCOUNT,
    SENDER,
    TOKEN,
    WHATSAPP_SENDER,
    QuickTwilio,
    config,
    linked,
    posted,
    status_fields,
    text_fields,
    twilio,
)

from channels_sms.twilio.link import TwilioLink
from conversations.adapters import (
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    NotBound,
    SubmitRefused,
    SubmitUnknown,
    WebhookRefused,
)

AWA = "+2290197204518"


def mt(text="Bonjour", **given):
    return outbound(text, source=given.pop("source", SENDER), destination=AWA, **given)


# --- what goes out -------------------------------------------------------------------------------------------


async def test_a_text_leaves_whole_with_its_callback_and_twilio_names_its_sid(tmp_path):
    async with linked(tmp_path) as (emulator, link, _intake):
        text = "Votre colis est arrivé. " * 20
        [sid] = await link.submit(mt(text, weight=4))
        [message] = emulator.messages
        assert message["sid"] == sid
        assert (message["body"], message["from"], message["to"]) == (text, SENDER, AWA)
        assert TwilioLink.plan(text, {}).submits == 1


async def test_a_messaging_service_and_whatsapp_senders_are_named_as_twilio_wants(tmp_path):
    service = "MG" + "a" * 32
    async with linked(tmp_path, messaging_service_sid=service) as (emulator, link, _intake):
        await link.submit(mt(source=WHATSAPP_SENDER))
        [message] = emulator.messages
        assert message["messaging_service_sid"] == service
        assert (message["from"], message["to"]) == (WHATSAPP_SENDER, f"whatsapp:{AWA}")


@pytest.mark.parametrize(
    ("answer", "permanent", "throttled"),
    [
        ({"status": 429, "code": 20429}, False, True),
        ({"status": 400, "code": 21611}, False, True),
        ({"status": 429}, False, True),
        ({"status": 400, "code": 30001}, False, True),
        ({"status": 400, "code": 21211}, True, False),
        ({"status": 400, "code": 21610}, True, False),
        ({"status": 503, "code": 20503}, False, False),
    ],
)
async def test_a_refusal_is_for_good_for_now_or_a_request_to_slow_down(tmp_path, answer, permanent, throttled):
    async with linked(tmp_path, behaviour={"answers": [answer]}) as (_emulator, link, _intake):
        with pytest.raises(SubmitRefused) as refused:
            await link.submit(mt())
        assert (refused.value.permanent, refused.value.throttled) == (permanent, throttled)
        assert refused.value.spelled == str(answer.get("code", f"http {answer['status']}"))


@pytest.mark.parametrize("answer", [{"drop": True}, {"status": 500, "code": 20500}, {"status": 502}])
async def test_what_twilio_may_have_taken_is_unknown_and_never_sent_again_by_the_link(tmp_path, answer):
    async with linked(tmp_path, behaviour={"answers": [answer]}) as (emulator, link, _intake):
        with pytest.raises(SubmitUnknown):
            await link.submit(mt())
        await link.submit(mt("second"))
        assert [message["body"] for message in emulator.messages if message["body"] != "second"] == (
            ["Bonjour"] if answer.get("drop") else []
        )


async def test_a_wrong_token_fails_the_link_and_no_text(tmp_path):
    async with twilio(tmp_path) as (emulator, url):
        intake = FakeIntake()
        link = QuickTwilio(config(url, secret="wrong"), intake)
        async with running(link):
            await intake.until(lambda: any(state == "failed" for state, _ in intake.states))
            assert "token" in intake.states[-1][1]["error"]
            assert link.ready() == 0
            with pytest.raises(NotBound):
                await link.submit(mt())
            emulator.token = "wrong"  # the account's token has been changed to ours
            await intake.until(lambda: intake.states[-1][0] == "bound")
            await link.submit(mt())


async def test_a_twilio_that_cannot_be_reached_costs_no_text(tmp_path):
    intake = FakeIntake()
    link = QuickTwilio(config("http://127.0.0.1:9/twilio"), intake)
    async with running(link):
        await intake.until(lambda: any(facts.get("error") for _, facts in intake.states))
        with pytest.raises(NotBound):
            await link.submit(mt())


async def test_the_window_and_the_rate_hold(tmp_path):
    async with linked(tmp_path, window=3, rate_per_s=40) as (emulator, link, _intake):
        await asyncio.sleep(0.3)
        assert 0 < link.ready() <= 3
        began = asyncio.get_running_loop().time()
        for _ in range(20):
            await asyncio.wait_for(link.wait_ready(), 5)
            await link.submit(mt())
        assert asyncio.get_running_loop().time() - began > 0.2
        assert len(emulator.messages) == 20


async def test_throttling_slows_the_link(tmp_path):
    async with linked(tmp_path, rate_per_s=100, behaviour={"answers": [{"status": 429, "code": 20429}]}) as world:
        _emulator, link, _intake = world
        with pytest.raises(SubmitRefused):
            await link.submit(mt())
        assert link.ready() == 0
        assert link.facts()["slow"]


# --- settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "secret", "names"),
    [
        ({"account_sid": ""}, TOKEN, "account_sid"),
        ({"account_sid": "AC12"}, TOKEN, "account_sid"),
        ({"messaging_service_sid": "SM1"}, TOKEN, "messaging_service_sid"),
        ({"api_url": "https://twilio.com.example.org"}, TOKEN, "api_url"),
        ({"api_url": "http://169.254.169.254"}, TOKEN, "api_url"),
        ({"api_url": "http://api.twilio.com"}, TOKEN, "api_url"),
        ({"window": "many"}, TOKEN, "window"),
        ({"rate_per_s": -1}, TOKEN, "rate_per_s"),
        ({}, "", "secret"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(changed, secret, names):
    with pytest.raises(ValueError, match=f"^{names}"):
        TwilioLink.check({**config().settings, **changed}, secret)


def test_production_calls_no_emulator(settings):
    settings.MODE = "production"
    with pytest.raises(ValueError, match=r"^api_url"):
        TwilioLink.check(config("http://127.0.0.1:8001/twilio").settings, TOKEN)


# --- what comes in -------------------------------------------------------------------------------------------


def test_a_signed_text_is_read():
    fields = text_fields(NumSegments="3")
    [item] = TwilioLink.hear(posted(fields), config()).items
    assert isinstance(item, InboundText)
    assert (item.key, item.sender, item.recipient) == (fields["MessageSid"], AWA, SENDER)
    assert (item.body, item.parts, item.encoding, item.keyword) == (fields["Body"], 3, "gsm7", "")


def test_a_text_by_whatsapp_is_of_the_person_and_on_the_line_of_whatsapp():
    fields = text_fields(From=f"whatsapp:{AWA}", To=WHATSAPP_SENDER)
    [item] = TwilioLink.hear(posted(fields), config()).items
    assert (item.sender, item.recipient) == (AWA, WHATSAPP_SENDER)


@pytest.mark.parametrize(("said", "keyword"), [("STOP", "opt_out"), ("START", "opt_in"), ("HELP", "help"), ("X", "")])
def test_what_twilio_has_obeyed_already_is_a_keyword(said, keyword):
    [item] = TwilioLink.hear(posted(text_fields(OptOutType=said, Body="Basta")), config()).items
    assert item.keyword == keyword


def test_what_comes_with_a_text_is_named_and_a_text_without_words_is_one():
    place = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
    fields = text_fields(Body="", NumMedia="2", MediaUrl0=place, MediaContentType0="image/jpeg", MediaUrl1="")
    [item] = TwilioLink.hear(posted(fields), config()).items
    assert item.body
    assert [(one.url, one.content_type) for one in item.media] == [(place, "image/jpeg")]
    for count in ("0", "", "-1", "many", "9999999999"):
        [item] = TwilioLink.hear(posted(fields | {"NumMedia": count}), config()).items
        assert item.media == ()


def test_the_token_is_shown_to_nobody_but_twilio():
    place = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
    access = TwilioLink.media(place, config())
    assert access.headers["Authorization"].startswith("Basic ")
    assert not access.emulated
    for other in (
        "https://api.twilio.com.example.org/2010-04-01/Accounts/x",
        place.replace("https:", "http:"),
        place.replace(ACCOUNT, "AC" + "0" * 32),
        place.replace("/Messages/", "/../"),
        place + "/../../../../x",
        "http://169.254.169.254/latest/meta-data",
        "https://user@api.twilio.com/",
    ):
        with pytest.raises(ValueError):
            TwilioLink.media(other, config())


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("queued", "accepted"), ("sent", "enroute"), ("delivered", "delivered"), ("read", "delivered"),
        ("undelivered", "failed"), ("failed", "failed"), ("canceled", "failed"),
    ],
)  # fmt: skip
def test_a_status_is_read(said, state):
    fields = status_fields(status=said, **({"ErrorCode": "30003"} if state == "failed" else {}))
    [item] = TwilioLink.hear(posted(fields, kind="receipts"), config()).items
    assert isinstance(item, InboundReceipt)
    assert (item.state, item.provider_ids) == (state, (fields["MessageSid"],))
    assert item.error == ("30003" if state == "failed" else "")


def test_a_status_that_nobody_knows_is_kept_unread():
    [item] = TwilioLink.hear(posted(status_fields(status="pondered"), kind="receipts"), config()).items
    assert isinstance(item, InboundUnreadable)


def test_no_call_is_believed_that_its_signature_does_not_prove():
    fields = text_fields()
    good = posted(fields)
    forged = [
        posted(fields, signed=False),
        posted(fields, token="guessed"),
        posted(fields, token=""),
        replace(good, body=posted(fields | {"Body": "Envoyez votre code"}).body),
        replace(good, body=good.body + b"&Extra=1"),
        replace(good, url=good.url.replace("texts", "receipts")),
        posted(fields, headers={"x-twilio-signature": ""}),
        posted(fields, headers={"x-twilio-signature": "é" * 28}),
        posted(fields | {"AccountSid": "AC" + "0" * 32}),
    ]
    assert TwilioLink.hear(good, config()).items
    for request in forged:
        with pytest.raises(WebhookRefused) as refused:
            TwilioLink.hear(request, config())
        assert refused.value.status == 403
    with pytest.raises(WebhookRefused) as refused:  # a link without a token proves nothing, whoever signs with none
        TwilioLink.hear(posted(fields, token=""), config(secret=""))
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"Body=%ff%fe&From=1", {}, 400),
        (b"Body=\xff", {}, 400),
        (b"Body=1&Body=2", {}, 400),
        (b"nothing", {}, 400),
        (b"&".join(b"a%d=1" % n for n in range(400)), {}, 400),
        (b"{}", {"content-type": "application/json"}, 415),
        (b"Body=1", {"content-type": "application/x-www-form-urlencoded; charset=latin-1"}, 415),
        (b"Body=1", {"content-type": ""}, 415),
    ],
)
def test_a_body_with_no_one_meaning_is_refused_in_words(body, headers, status):
    with pytest.raises(WebhookRefused) as refused:
        TwilioLink.hear(posted({}, body=body, headers=headers), config())
    assert refused.value.status == status
    assert str(refused.value)


def test_only_what_is_posted_is_heard():
    with pytest.raises(WebhookRefused) as refused:
        TwilioLink.hear(replace(posted(text_fields()), method="GET"), config())
    assert refused.value.status == 405


def test_a_nul_in_the_words_is_no_reason_to_refuse_them_and_one_in_the_key_is():
    [item] = TwilioLink.hear(posted(text_fields(Body="a\x00b")), config()).items
    assert item.body == "a\x00b"  # what cannot be stored is left out where it is stored
    with pytest.raises(WebhookRefused):
        TwilioLink.hear(posted(text_fields(MessageSid="SM\x00")), config())


def test_signatures_as_twilio_documents_them():
    """The example of https://www.twilio.com/docs/usage/security, computed here by hand in the emulator."""
    from twilio.request_validator import RequestValidator

    from simulator.twilio import signature

    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
              "To": "+18005551212"}  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    ours = signature("12345", url, fields)
    assert ours == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert RequestValidator("12345").validate(url, fields, ours)
