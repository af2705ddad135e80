"""Tests, one folder per layer; see CONTRIBUTING.md for the fixtures."""
