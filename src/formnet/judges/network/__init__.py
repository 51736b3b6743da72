"""The network as a judge."""
