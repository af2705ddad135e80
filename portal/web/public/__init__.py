"""Pages for everybody: start, help, legal pages, signing in, the report, the door of a link."""
