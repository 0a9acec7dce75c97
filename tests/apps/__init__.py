"""Tests of the product's flows, through its pages."""
