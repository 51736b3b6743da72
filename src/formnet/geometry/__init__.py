"""The floor of mathematics: vectors, angles, paths over time, mirroring, warping. Nothing here knows an exercise.

What takes `Array` works on NumPy arrays and PyTorch tensors alike. What a function gives where the input says nothing
(a limb of no length, a joint that is never seen) is an argument with a documented default.
"""
