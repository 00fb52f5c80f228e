"""Tests over the whole house: what holds for every room, also for those that are yet to be built."""
