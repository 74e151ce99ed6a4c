"""What the server answers beside its pages."""
