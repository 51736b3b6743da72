"""Training of pose networks: pictures with labels in, weights and figures out."""
