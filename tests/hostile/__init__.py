"""What strangers hand over, and what goes wrong around a run: one sentence, and nothing lost."""
