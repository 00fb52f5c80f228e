"""The application for use of the technical interface, its replacement, the decision."""
