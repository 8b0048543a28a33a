"""The house's face: the `crane` command, the Flask application, and the composition root that puts the runtime together."""
