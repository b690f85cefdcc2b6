"""What can be wrong with a bot before anybody has texted it.

BotDataError       a file says something that the engine cannot honour; names file and key
|-- UnknownBot     no folder of that name
`-- UnknownEngine  no engine of that name
"""

from __future__ import annotations


class BotDataError(Exception):
    """`problem` in words for whoever edits the files; `key` is the path inside the file, dots between."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        place = f"{file}: {key}" if key else file
        super().__init__(f"{place}: {problem}")
        self.file = file
        self.key = key
        self.problem = problem


class UnknownBot(BotDataError):
    pass


class UnknownEngine(BotDataError):
    pass
