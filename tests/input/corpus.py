"""Texts that have broken somebody's inbox, by name. Every entry for text meets all of them (test_api_texts.py)."""

from __future__ import annotations

NUL = "avant\x00après"
LONE = {"high surrogate": "a\ud83d", "low surrogate": "\udc00b", "surrogates swapped": "\udc00\ud83d"}

# What PostgreSQL can hold and a screen must show again as it is.
STORABLE: dict[str, str] = {
    "ten thousand characters": "é" * 10_000,
    "controls": "a\x01\x07\x08\x0b\x0c\x0e\x1b[31m\x7f\x80\x85\x9fb",
    "ends of lines": "un\r\ndeux\rtrois\nquatre\u2028cinq\u2029six",
    "a line for the log": "x\r\n2026-01-01T00:00:00.000Z ERROR palabre forged",
    "terminal escapes": "\x1b]0;titre\x07\x1b[2J\x1b[8m",
    "emoji": "😀🫶🏿",
    "a family": "👨‍👩‍👧‍👦 👩🏽‍🚀",
    "flags": "🇧🇯🇹🇬🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "half a flag": "🇧",
    "a pile": "Z" + "\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308" * 20 + "algo",
    "only marks": "\u0301\u0301",
    "private and unassigned": "\ue000\uf8ff\U000f0000\u0378",
    "noncharacters": "\ufffe\uffff\ufdd0\U0010ffff",
    "byte order marks": "\ufeffa\ufeffb",
    "right to left": "مرحبا، رصيدي 2000",
    "bidi overrides": "facture\u202efdp.exe\u202c \u2066a\u2069",
    "unclosed isolates": "\u2066\u2067\u2068\u202a\u202b\u202d" * 10,
    "zero width": "pa\u200bss\u200cwo\u200drd\u2060\u00ad",
    "only zero width": "\u200b\u200b",
    "homoglyphs": "раураl.com",
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "svg": "<svg/onload=alert(1)><animate onbegin=alert(1)>",
    "javascript": "javascript:alert(document.cookie)",
    "broken out of": "\"'><b>`--></textarea></title></style>",
    "entities": "&lt;b&gt; &#x41; &amp;amp;",
    "markdown": "[lien](javascript:alert(1)) ![x](http://x) **gras** # titre",
    "template": "{{7*7}} {% debug %} ${7*7} #{7*7} <%= 7*7 %> {0.__class__} %(password)s",
    "format": "%s %n %x %1000000d %",
    "formula": "=cmd|' /C calc'!A0",
    "formula by plus": "+229+1",
    "formula by at": "@SUM(1)",
    "sql": "'; drop table conversations_message; --",
    "like": "100%_\\",
    "path": "../../../../etc/passwd",
    "shell": "$(reboot) `reboot` | reboot; reboot &",
    "json": '{"a": [1, null, "\\u0000"]}',
    "null words": "null undefined NaN None true -1 1e400",
    "backslashes": "\\u0000 \\x00 \\n \\\\",
    "spaces": "\u00a0\u2003\u3000 a \t b \u00a0",
    "normal forms": "e\u0301 é ﬁ ½ Å K",
    "a word that grows": "ﷺ" * 500,
    "case that grows": "İßŉΐ" * 100,
    "regex bomb: letters": "a" * 5000 + "!",
    "regex bomb: digits": "0" * 5000 + "x",
    "regex bomb: spaces": " 1" * 2500 + "x",
    "regex bomb: address": "a@" + "a." * 2500,
    "regex bomb: groups": "(" * 2500 + ")" * 2500,
    "regex bomb: link": "http://" + "a/" * 2500,
}

# Refused by PostgreSQL: cleaned (a message) or refused in words (a field of a form).
UNSTORABLE: dict[str, str] = {"nul": NUL, "only nul": "\x00", **LONE}

MEGABYTE = "x" * 1_000_000  # one line, no space
EMPTY: dict[str, str] = {"empty": "", "blank": " \t\r\n\u00a0"}

ALL: dict[str, str] = {**EMPTY, **UNSTORABLE, **STORABLE}

# One word as phones write it: what must be taken for STOP, and what only looks like it.
STOPS = (
    "STOP", "stop", "Stop.", "STOP !", " stop\n", "ＳＴＯＰ", "ｓｔｏｐ", "𝐒𝐓𝐎𝐏", "Ⓢⓣⓞⓟ", "ARRET", "ARRÊT", "Arrêt.",
    "arre\u0302t", "ST\u00adOP", "STO\u200bP", "\u202aSTOP\u202c", "STOP\ufe0f", "S\u0336T\u0336O\u0336P\u0336",
)  # fmt: skip
LOOK_ALIKES = ("ЅТОР", "SТOP", "ѕtор", "ΣTOP", "ST0P", "АRRЕТ", "ΑRRET")
