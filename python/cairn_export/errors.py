"""What goes wrong, in words for a person."""


class ExportError(Exception):
    """The model cannot be written as a trainable file; the message says what to change."""
