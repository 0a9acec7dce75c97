"""Views of the analytics tabs, the list of pull requests, a pull request, and the export."""
