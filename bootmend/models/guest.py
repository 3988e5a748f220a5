"""Temporary."""

from bootmend.guest.contract import *  # noqa: F403
