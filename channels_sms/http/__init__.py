"""Any aggregator that is called, and calls, over HTTP: how it wants it is data on the link (docs/add-a-channel.md)."""
