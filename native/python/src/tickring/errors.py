"""What goes wrong. Expected outcomes (nothing new, records lost) are values, never exceptions."""


class TickringError(Exception):
    """A call that failed; `code` is one of the product's table, such as `SHM_NOT_FOUND`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotPublishedError(TickringError):
    """Nobody has published under that name yet: try again later."""


class ArgumentError(TickringError, ValueError):
    """An argument that cannot be used."""


class UnknownInstrumentError(TickringError, LookupError):
    """No instrument of the shard has that name, or more than one has."""


class UnknownUnitsError(TickringError):
    """A price is asked for where the reader cannot know its exponent; see `Reader.seek_oldest`."""


class LibraryError(ImportError):
    """`libtickring.so` was not found, or is not the one that this package was made for."""
