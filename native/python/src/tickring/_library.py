"""Finds libtickring, checks that it is the one this package was made for, and declares its functions.

Records are read by the library alone: it copies each out of shared memory, checks that no writer changed it meanwhile, and only
then gives it away. Mapping the file and unpacking it from Python would give torn records.
"""

import ctypes
import os
import subprocess
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

from . import _abi
from ._version import VERSION
from .errors import ArgumentError, LibraryError, NotPublishedError, TickringError

SONAME = "libtickring.so.1"
VARIABLE = "TICKRING_LIBRARY"

_U64S = POINTER(c_uint64)
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "tkr_open": (c_int, [c_char_p, c_char_p, c_uint32, POINTER(_abi.tkr_options), POINTER(c_void_p)]),
    "tkr_close": (None, [c_void_p]),
    "tkr_poll": (c_int, [c_void_p, c_void_p]),
    "tkr_poll_batch": (c_int, [c_void_p, c_void_p, c_size_t, POINTER(c_size_t)]),
    "tkr_lost": (c_uint64, [c_void_p]),
    "tkr_seek_oldest": (c_int, [c_void_p]),
    "tkr_seek_newest": (c_int, [c_void_p]),
    "tkr_reopen": (c_int, [c_void_p]),
    "tkr_wait": (c_int, [c_void_p, POINTER(_abi.tkr_waiting), c_uint64]),
    "tkr_check_liveness": (c_int, [c_void_p, POINTER(_abi.tkr_liveness)]),
    "tkr_read_info": (c_int, [c_void_p, POINTER(_abi.tkr_info)]),
    "tkr_read_latest": (c_int, [c_void_p, c_uint32, POINTER(_abi.tkr_latest), c_void_p, c_void_p, c_size_t]),
    "tkr_read_instrument": (c_int, [c_void_p, c_uint32, POINTER(_abi.tkr_instrument)]),
    "tkr_read_counters": (c_int, [c_void_p, _U64S, c_size_t, POINTER(c_size_t)]),
    "tkr_read_instrument_counters": (c_int, [c_void_p, c_uint32, _U64S, c_size_t, POINTER(c_size_t)]),
    "tkr_read_histogram": (c_int, [c_void_p, c_uint32, POINTER(_abi.tkr_histogram), POINTER(c_double), _U64S, c_size_t]),
    "tkr_book_open": (c_int, [c_void_p, c_uint32, POINTER(c_void_p)]),
    "tkr_book_close": (None, [c_void_p]),
    "tkr_book_apply": (c_int, [c_void_p, c_void_p, c_void_p]),
    "tkr_book_join": (c_int, [c_void_p, c_void_p]),
    "tkr_book_read": (c_int, [c_void_p, POINTER(_abi.tkr_book_info), c_void_p, c_void_p, c_size_t]),
    "tkr_book_hash": (c_uint64, [c_void_p]),
    "tkr_merged_open": (c_int, [c_char_p, c_char_p, POINTER(_abi.tkr_options), POINTER(c_void_p)]),
    "tkr_merged_close": (None, [c_void_p]),
    "tkr_merged_poll": (c_int, [c_void_p, c_void_p, POINTER(c_uint16)]),
    "tkr_merged_seek_oldest": (c_int, [c_void_p]),
    "tkr_merged_seek_newest": (c_int, [c_void_p]),
    "tkr_merged_wait": (c_int, [c_void_p, POINTER(_abi.tkr_waiting), c_uint64]),
    "tkr_merged_rescan": (c_int, [c_void_p, POINTER(c_size_t)]),
    "tkr_merged_shards": (c_int, [c_void_p, c_void_p, c_size_t, POINTER(c_size_t)]),
    "tkr_merged_reader": (c_void_p, [c_void_p, c_uint16]),
    "tkr_list_engines": (c_int, [c_char_p, c_void_p, c_size_t, POINTER(c_size_t)]),
    "tkr_list_shards": (c_int, [c_char_p, c_char_p, c_void_p, c_size_t, POINTER(c_size_t)]),
    "tkr_last_error": (c_char_p, []),
    "tkr_result_name": (c_char_p, [c_int]),
    "tkr_kind_name": (c_char_p, [c_uint8]),
    "tkr_venue_name": (c_char_p, [c_uint16]),
    "tkr_code_name": (c_char_p, [c_uint16]),
    "tkr_counter_name": (c_char_p, [c_uint32]),
    "tkr_instrument_counter_name": (c_char_p, [c_uint32]),
    "tkr_version": (c_char_p, []),
    "tkr_abi_version": (c_uint32, []),
    "tkr_size_of": (c_size_t, [c_char_p]),
}


def _load(path: str) -> ctypes.PyDLL:
    # PyDLL keeps the interpreter's lock during a call: two threads can never be within one reader.
    return ctypes.PyDLL(path)


def _pkg_config() -> str:
    """Where pkg-config says the library is."""
    command = ["pkg-config", "--variable=libdir", "tickring"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise OSError(f"pkg-config cannot be run: {error.strerror}") from error
    if said.returncode != 0:
        raise OSError("pkg-config knows no package tickring (PKG_CONFIG_PATH)")
    return str(Path(said.stdout.strip()) / SONAME)


def _find() -> ctypes.PyDLL:
    chosen = os.environ.get(VARIABLE)
    if chosen:
        try:
            return _load(chosen)
        except OSError as error:
            raise LibraryError(f"{VARIABLE} names a library that cannot be loaded: {error}") from error
    tried = []
    places: tuple[tuple[str, Callable[[], str]], ...] = (
        ("beside this package", lambda: str(Path(__file__).with_name(SONAME))),
        ("by the loader (LD_LIBRARY_PATH, ldconfig)", lambda: SONAME),
        ("by pkg-config", _pkg_config),
    )
    for what, where in places:
        try:
            return _load(where())
        except OSError as error:
            tried.append(f"\n  {what}: {error}")
    remedy = f"name the file in {VARIABLE}, or install it (scripts/install-capi.sh)"
    raise LibraryError(f"{SONAME} was not found; tried{''.join(tried)}\n{remedy}")


def _check(library: ctypes.PyDLL) -> None:
    """Refuses a library whose functions or structs are not those of this package."""
    name = library._name
    for function, (result, arguments) in _FUNCTIONS.items():
        try:
            declared = getattr(library, function)
        except AttributeError as error:
            raise LibraryError(f"{name} has no {function}: it is older than this package, {VERSION}") from error
        declared.restype, declared.argtypes = result, arguments
    for struct, size in _abi.SIZES.items():
        known, ours = library.tkr_size_of(struct.encode()), getattr(_abi, struct, None)
        if known != size or (ours is not None and ctypes.sizeof(ours) != size):
            version = library.tkr_version().decode()
            raise LibraryError(f"{struct} has {known} bytes in {name} {version}, {size} in this package, {VERSION}")


LIBRARY = _find()
_check(LIBRARY)


def _waiting(function: str) -> Any:
    """A function that waits: these alone give the interpreter's lock away."""
    declared = getattr(ctypes.CDLL(LIBRARY._name), function)
    declared.restype, declared.argtypes = _FUNCTIONS[function]
    return declared


WAIT, WAIT_MERGED = _waiting("tkr_wait"), _waiting("tkr_merged_wait")


def text(bytes_or_none: bytes | None) -> str:
    """What the library said."""
    return (bytes_or_none or b"").decode(errors="replace")


def failure(result: int) -> TickringError:
    """The exception for a negative result; to be called at once, as the sentence is of the last call."""
    code, sentence = text(LIBRARY.tkr_result_name(result)), text(LIBRARY.tkr_last_error())
    if result == _abi.Result.ERROR_NOT_FOUND:
        return NotPublishedError(code, sentence)
    if result == _abi.Result.ERROR_ARGUMENT:
        is_closed = sentence in ("reader is NULL", "merged is NULL")
        return ArgumentError(code, "the reader is closed" if is_closed else sentence)
    return TickringError(code, sentence)


def check(result: int) -> int:
    """Raises what a negative result means."""
    if result < 0:
        raise failure(result)
    return result


class Room:
    """Memory of this process for the library to write to."""

    def __init__(self, size: int) -> None:
        self.bytes = bytearray(size)
        self.memory = memoryview(self.bytes)
        self._array = (ctypes.c_char * size).from_buffer(self.bytes)
        self.start = self.at(0)

    def at(self, offset: int) -> Any:
        """A place in it, as calls take it."""
        return ctypes.byref(self._array, offset)


class Handle(c_void_p):
    """A pointer that the library closes when nobody holds it any more, be it in the middle of another thread's call."""

    closes = ""

    def __del__(self) -> None:
        """Close what it points to."""
        if self.value:
            getattr(LIBRARY, self.closes)(self)
            self.value = None


class ReaderHandle(Handle):
    """A `tkr_reader`."""

    closes = "tkr_close"


class MergedHandle(Handle):
    """A `tkr_merged`."""

    closes = "tkr_merged_close"


class LaneHandle(c_void_p):
    """The `tkr_reader` of a shard of a `tkr_merged`, which it keeps open and which closes it."""

    def __init__(self, merged: MergedHandle, reader: int) -> None:
        super().__init__(reader)
        self._merged = merged


class BookHandle(Handle):
    """A `tkr_book`."""

    closes = "tkr_book_close"
