"""What an installation changes in its bots, in the web: versions, turns, labels, candidates (docs/learning.md)."""
