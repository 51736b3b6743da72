"""The example clip of `formnet demo`, and how it was simulated.

The second clip of `formnet synth OUT --clips 5 --reps 3 --seed 310 --yaw 15 --fps 24 --classes
good,shallow,inward_knees`.
"""

CLIP, TRUTH = "squats.mp4", "squats.json"
