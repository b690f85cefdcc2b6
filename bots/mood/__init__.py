"""How a subscriber feels, as far as one text says: negative, neutral or positive, or not sure (docs/mood.md).

It is told to people and noted with the turn. No decision that hurts may rest on it alone.
"""
