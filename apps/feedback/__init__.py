"""Feedback from the people who use the product."""
