"""Demonstration: people, machines and papers with which the real flows are run."""
