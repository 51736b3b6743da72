"""The judge of squats: families of answers that vote."""
