"""A bot engine that is a server of its own, asked over HTTP: Rasa (`docs/bots.md`, "Another engine: Rasa").

    wire      what is sent and what may come back; an answer is judged value by value, never trusted
    breaker   when a server that fails is left alone, and when it is tried again
    loop      where all calls are made, in a thread of its own
    calls     one call: bounded in time, in bytes and in number
    server    one bot's server: calls behind its breaker, and how it has fared
    servers   which bot is answered by which server of this installation
    engine    the contract of `bots.engine`, with the embedded engine of the same bot to fall back on

The server remembers nothing that matters: which language is spoken, whether the bot has already asked what was
meant, who owns the conversation are the application's to know, and are sent with each text.
"""
