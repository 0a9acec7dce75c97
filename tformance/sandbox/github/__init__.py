"""GitHub: OAuth, REST, GraphQL and pages."""
