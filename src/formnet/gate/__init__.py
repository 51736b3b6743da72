"""Whether a repetition is a squat at all, told before anything is judged."""

from formnet.gate.recognition import Recognition, keep_squats, recognise_all

__all__ = ["Recognition", "keep_squats", "recognise_all"]
