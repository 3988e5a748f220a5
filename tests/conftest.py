"""Properties take the same examples each time, however busy the machine is, and leave nothing behind."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "tests", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")
