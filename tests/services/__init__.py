"""Throwaway servers on loopback, from the programs that are installed on the machine."""
