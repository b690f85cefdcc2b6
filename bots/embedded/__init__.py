"""The embedded engine: Rasa's own YAML files, answered inside our process in a fraction of a millisecond.

It honours a subset of what Rasa reads and refuses the rest when it loads, so that a bot never says one thing
here and another under Rasa:

    nlu     intent blocks whose `metadata` says the language (`lang: fr`); regex, lookup and synonym blocks
    domain  intents, entities, two slots, responses: text varied by language through `condition` on the slot
            `lang` (Rasa's conditional response variations), and signals in `custom` payloads
    rules   one intent, then responses; conditions on the slot `clarified`

Rasa's slots are not filled by a dialogue: `lang` (what the subscriber writes) and `clarified` (the bot has asked
once what was meant) are facts that the caller of either engine knows, and sets.
"""
