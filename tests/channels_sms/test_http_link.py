"""An aggregator that no code of ours knows: what it wants, and what it says, is data on its link."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from aggregator import KEY_IN, KEY_OUT, config, linked, posted
from peer import outbound

from channels_sms.http.link import HttpLink
from channels_sms.http.templates import look_up
from conversations.adapters import InboundReceipt, InboundText, InboundUnreadable, SubmitUnknown, WebhookRefused

AWA = "+2290197204518"
STRANGE = 'Ça & là = "50 %" {to} €😀\n+1'


def mt(text="Bonjour", **given):
    return outbound(text, destination=AWA, **given)


# --- what goes out -------------------------------------------------------------------------------------------


async def test_a_form_says_what_the_template_says_and_no_word_of_a_person_is_taken_for_a_field():
    async with linked() as (peer, link, _intake):
        assert await link.submit(mt(STRANGE)) == ("a1",)
        assert peer.fields() == [
            {
                "to": AWA[1:], "from": "1919", "text": STRANGE,
                "dlr": "https://palabre.example.org/webhooks/9/receipts",
            }
        ]  # fmt: skip
        assert peer.taken[0][2]["Authorization"] == f"Bearer {KEY_OUT}"


async def test_json_is_filled_in_where_it_is_text():
    template = '{"sms": [{"dest": "{to}", "body": "<{text}>", "parts": "{parts}"}], "flash": false}'
    async with linked(body="json", template=template) as (peer, link, _intake):
        await link.submit(mt(STRANGE, weight=2))
        assert json.loads(peer.taken[0][3]) == {
            "sms": [{"dest": AWA, "body": f"<{STRANGE}>", "parts": 2}],
            "flash": False,
        }


async def test_everything_may_stand_in_the_address():
    settings = {"method": "GET", "body": "none", "template": None, "auth": "query", "auth_name": "key"}
    async with linked(query="?to={to}&text={text}", **settings) as (peer, link, _intake):
        await link.submit(mt(STRANGE))
        assert peer.taken[0][:2] == ("GET", {"to": AWA, "text": STRANGE, "key": KEY_OUT})


@pytest.mark.parametrize(
    ("auth", "where"),
    [
        ({"auth": "basic", "user": "palabre"}, ("Authorization", "Basic " + base64.b64encode(
            f"palabre:{KEY_OUT}".encode()).decode())),
        ({"auth": "header", "auth_name": "X-Api-Key"}, ("X-Api-Key", KEY_OUT)),
    ],
)  # fmt: skip
async def test_we_prove_ourselves_as_the_link_says(auth, where):
    async with linked(**auth) as (peer, link, _intake):
        await link.submit(mt())
        assert peer.taken[0][2][where[0]] == where[1]


async def test_a_key_may_be_a_field_of_the_form():
    async with linked(auth="field", auth_name="api_key") as (peer, link, _intake):
        await link.submit(mt())
        assert peer.fields()[0]["api_key"] == KEY_OUT


async def test_without_an_id_of_theirs_ours_is_the_id():
    async with linked(answer_id="") as (_peer, link, _intake):
        part = mt()
        assert await link.submit(part) == (str(part.message_id),)


async def test_a_redirect_is_not_followed():
    async with linked() as (peer, link, _intake):
        peer.answers.append((307, {}))
        with pytest.raises(SubmitUnknown, match="307"):
            await link.submit(mt())
        assert peer.taken == []


# --- settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"url": ""}, "url"),
        ({"url": "ftp://x/"}, "url"),
        ({"url": "https://user:motpasse@x/"}, "url"),
        ({"url": "https://{to}.example.org/"}, "url"),
        ({"method": "DELETE"}, "method"),
        ({"template": "to={number}"}, "template"),
        ({"template": None}, "template"),
        ({"body": "json", "template": "to={to}"}, "template"),
        ({"method": "GET"}, "body"),
        ({"auth": "header"}, "auth_name"),
        ({"auth": "basic"}, "user"),
        ({"proof_name": None}, "proof_name"),
        ({"proof": "none"}, "proof"),
        ({"proof": "hmac_sha256", "calls": "query"}, "proof"),
        ({"text_fields": "sender = a, recipient = b, text = c"}, "text_fields"),
        ({"text_fields": "who = a"}, "text_fields"),
        ({"receipt_states": "X = gone"}, "receipt_states"),
        ({"answer_ok": "status"}, "answer_ok"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(changed, names):
    with pytest.raises(ValueError, match=rf"^{names}\b"):
        HttpLink.check(config(**changed).settings, config().secret)


@pytest.mark.parametrize("secret", ["", " ", "a b c"])
def test_without_a_secret_there_is_no_link(secret):
    with pytest.raises(ValueError, match=r"^secret"):
        HttpLink.check(config().settings, secret)


# --- what comes in -------------------------------------------------------------------------------------------

TEXT = {"id": "m1", "msisdn": "2290197204518", "to": "1919", "message": STRANGE, "segments": "2"}


def test_a_text_is_read_by_the_links_mapping():
    heard = HttpLink.hear(posted(TEXT), config())
    [item] = heard.items
    assert isinstance(item, InboundText)
    assert (item.key, item.sender, item.recipient, item.body, item.parts) == ("m1", TEXT["msisdn"], "1919", STRANGE, 2)
    assert heard.answer == b"OK"


def test_json_and_calls_by_get_are_read_as_well():
    nested = {"data": [{"id": 17, "from": {"number": AWA}, "to": "1919", "text": STRANGE}]}
    fields = "key = data.0.id, sender = data.0.from.number, recipient = data.0.to, text = data.0.text"
    [item] = HttpLink.hear(posted(nested, as_json=True), config(calls="json", text_fields=fields)).items
    assert (item.key, item.sender, item.body) == ("17", AWA, STRANGE)
    query = f"id=m1&msisdn=2290197204518&to=1919&message=oui&k={KEY_IN}"
    [item] = HttpLink.hear(
        posted({}, query=query, method="GET", key=None, body=b"", headers={"content-type": ""}),
        config(calls="query", proof="query", proof_name="k"),
    ).items
    assert item.body == "oui"
    assert KEY_IN.encode() not in item.raw


LISTED = "key = data.*.id, sender = data.*.from.number, recipient = to, text = data.*.text"


def listed(*numbers):
    return [{"id": f"m{number}", "from": {"number": AWA}, "to": "1919", "text": f"mot {number}"} for number in numbers]


def test_each_text_of_a_list_is_one():
    request = posted({"to": "1919", "data": listed(1, 2, 3)}, as_json=True)
    items = HttpLink.hear(request, config(calls="json", text_fields=LISTED)).items
    assert [(item.key, item.sender, item.recipient, item.body) for item in items] == [
        (f"m{number}", AWA, "1919", f"mot {number}") for number in (1, 2, 3)
    ]
    states = {"reports": [{"id": "a1", "status": "DELIVRD"}, {"id": "a2", "status": "UNDELIV"}]}
    receipts = HttpLink.hear(
        posted(states, kind="receipts", as_json=True),
        config(calls="json", receipt_fields="key = reports.*.id, state = reports.*.status"),
    ).items
    assert [(one.provider_ids, one.state) for one in receipts] == [(("a1",), "delivered"), (("a2",), "failed")]


def test_an_empty_list_says_nothing_and_a_missing_one_is_refused():
    assert HttpLink.hear(posted({"data": []}, as_json=True), config(calls="json", text_fields=LISTED)).items == ()
    with pytest.raises(WebhookRefused) as refused:
        HttpLink.hear(posted({}, as_json=True), config(calls="json", text_fields=LISTED))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"data": listed(1, 2)}, LISTED.replace("*", "0").replace("= to", "= data.0.to")),
        ({"data": listed(1, 2)}, LISTED.replace("*", "1").replace("= to", "= data.1.to")),
        ({"data": [{"of": listed(1, 2)}, {"of": listed(3, 4)}]}, LISTED.replace("data.*", "data.*.of.*")),
        ({"data": listed(1, 2), "to": ["1919"]}, LISTED.replace("= to", "= to.*")),
    ],
)
def test_a_list_that_holds_more_than_the_mapping_reads_is_refused(said, fields):
    with pytest.raises(WebhookRefused) as refused:
        HttpLink.hear(posted(said, as_json=True), config(calls="json", text_fields=fields))
    assert refused.value.status == 422


def test_the_words_of_one_text_may_be_a_list():
    fields = "key = row.0, sender = row.1, recipient = row.2, text = row.3"
    request = posted({"row": ["m1", AWA, "1919", "oui", "2026-11-21"]}, as_json=True)
    [item] = HttpLink.hear(request, config(calls="json", text_fields=fields)).items
    assert (item.key, item.body) == ("m1", "oui")


@pytest.mark.parametrize(
    ("said", "state"), [("DELIVRD", "delivered"), ("undelivered", "failed"), ("weg", "failed"), ("EXPIRED", "expired")]
)
def test_a_receipt_is_read_by_the_links_table(said, state):
    [item] = HttpLink.hear(posted({"id": "a1", "status": said, "err": "7"}, kind="receipts"), config()).items
    assert isinstance(item, InboundReceipt)
    assert (item.provider_ids, item.state, item.error) == (("a1",), state, "7")


def test_what_the_table_does_not_know_is_kept_unread():
    [item] = HttpLink.hear(posted({"id": "a1", "status": "PARTI"}, kind="receipts"), config()).items
    assert isinstance(item, InboundUnreadable)


def signed(body, key=KEY_IN, kind=hashlib.sha256):
    return hmac.new(key.encode(), body, kind)


@pytest.mark.parametrize("written", ["hex", "base64", "prefixed"])
def test_a_signature_over_the_body_proves_it(written):
    settings = {"proof": "hmac_sha256", "proof_name": "X-Signature"}
    request = posted(TEXT, key=None)
    digest = signed(request.body)
    said = {
        "hex": digest.hexdigest(),
        "base64": base64.b64encode(digest.digest()).decode(),
        "prefixed": f"sha256={digest.hexdigest()}",
    }[written]
    good = posted(TEXT, key=None, headers={"x-signature": said})
    assert HttpLink.hear(good, config(**settings)).items
    for bad in (
        posted({**TEXT, "message": "autre"}, key=None, headers={"x-signature": said}),
        posted(TEXT, key=None, headers={"x-signature": signed(request.body, "guessed").hexdigest()}),
        posted(TEXT, key=None, headers={"x-signature": ""}),
        posted(TEXT, key=None),
    ):
        with pytest.raises(WebhookRefused) as refused:
            HttpLink.hear(bad, config(**settings))
        assert refused.value.status == 403


@pytest.mark.parametrize("key", [None, "", "guessed", KEY_OUT])
@pytest.mark.parametrize("proof", ["header", "basic", "query", "field"])
def test_no_call_is_believed_without_the_links_secret(proof, key):
    settings = {"proof": proof, "proof_name": "X-Key" if proof == "header" else "k", "user": "agg"}

    def call(secret):
        fields, headers, query = dict(TEXT), {}, ""
        if secret is not None:
            if proof == "header":
                headers["x-key"] = secret
            elif proof == "basic":
                headers["authorization"] = "Basic " + base64.b64encode(f"agg:{secret}".encode()).decode()
            elif proof == "query":
                query = f"k={secret}"
            else:
                fields["k"] = secret
        return posted(fields, key=None, headers=headers, query=query)

    assert HttpLink.hear(call(KEY_IN), config(**settings)).items
    with pytest.raises(WebhookRefused) as refused:
        HttpLink.hear(call(key), config(**settings))
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "body", [b'{"id": 1, "id": 2}', b'{"id": NaN}', b"[]", b"{", b"\xff", b'{"a":' * 40 + b"1" + b"}" * 40]
)
def test_json_with_no_one_meaning_is_refused(body):
    with pytest.raises(WebhookRefused) as refused:
        HttpLink.hear(posted({}, as_json=True, body=body), config(calls="json"))
    assert refused.value.status == 400


def test_a_place_in_json_is_found_or_nothing():
    value = {"a": [{"b": "x"}, {"c": 7, "d": None, "e": True, "f": {}}]}
    found = [
        look_up(value, path) for path in ("a.0.b", "a.1.c", "a.1.d", "a.1.e", "a.1.f", "a.9.b", "b", "a.x", "a.0.b.c")
    ]
    assert found == ["x", "7", "", "true", "", "", "", "", ""]
