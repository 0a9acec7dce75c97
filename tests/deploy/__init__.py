"""Tests of the deployment without a container engine: its tools read it, and its programs are started."""
