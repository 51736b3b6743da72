"""Whether a repetition is a squat at all, told before anything is judged."""

from formnet.gate.recognition import Recognition, recognise, recognise_all

__all__ = ["Recognition", "recognise", "recognise_all"]
