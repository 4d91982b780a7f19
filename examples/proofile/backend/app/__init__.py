"""ProoFile: the API of the professional profiles product."""

VERSION = "2.0.0"
