"""Simulation: the real engine, in a database of its own, under a virtual clock."""

from parcours.simulation.driver import Simulation, simulate

__all__ = ["Simulation", "simulate"]
