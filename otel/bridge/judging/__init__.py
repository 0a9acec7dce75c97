"""The errors of programs without our pipeline, judged by what their spans and log records say."""
