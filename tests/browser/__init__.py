"""Tests of the browser's scripts in Chromium, on a small test site, against an inspector."""
