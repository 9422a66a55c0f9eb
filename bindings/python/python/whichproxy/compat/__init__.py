"""Interfaces of other packages, so that a script changes one import."""
