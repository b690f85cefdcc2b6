"""Twilio: its REST interface for what goes out, its signed webhooks for what comes in."""
