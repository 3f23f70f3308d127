"""The floor: a pupil group's link to its own bench, and the points of it that the lab's holder lets them command."""
