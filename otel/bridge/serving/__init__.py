"""Connections and uploads that slow senders cannot hold."""
