"""How Hypothesis searches here: no clock decides a test, and a failure prints what repeats it."""

from hypothesis import HealthCheck, settings

settings.register_profile("wire", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wire")
