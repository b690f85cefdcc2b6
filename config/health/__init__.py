"""Is the installation well? What is asked (probes), when it is too much (limits), and who is told (views, metrics)."""
