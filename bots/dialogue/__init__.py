"""What is said over several texts: menus, questions with answers that are checked, corrections, several requests at
once, what came before. It stands above either engine and takes its reading; `dialogue.yml` of the bot says all of it.

It remembers nothing itself. A turn is given the memory of the last one and returns its own (`memory.py`); it asks
for a look-up instead of making one. So the same turn twice is the same turn.
"""
