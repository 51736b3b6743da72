"""Training of the network that measures."""
