"""Pictures with labelled people, for the training of pose networks: one file per format."""
