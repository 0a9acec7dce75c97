"""Stack traces of other languages than Python, one module each."""

from otel.exceptions.languages._by_language import has_modules, parse_foreign

__all__ = ["has_modules", "parse_foreign"]
