"""Throwaway PostgreSQL and Redis servers on loopback, from the programs that the machine has."""
