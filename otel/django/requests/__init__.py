"""One request of Django: who sends it, how it is named, how it ends."""
