"""Machines: what programs speak to the service."""
