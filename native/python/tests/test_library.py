import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tickring
from tickring import _abi, _library

VERSION = tickring.__version__


def _link(folder: Path) -> None:
    """Puts the library of this run into a folder."""
    folder.mkdir()
    (folder / "libtickring.so.1").symlink_to(Path(_library.LIBRARY._name).resolve())


def _import(tmp_path: Path, **variables: str) -> str:
    """What importing a copy of the package says, that has no library beside it."""
    package = Path(tickring.__file__).parent
    (tmp_path / "tickring").mkdir(exist_ok=True)
    for source in package.glob("*.py"):
        (tmp_path / "tickring" / source.name).write_bytes(source.read_bytes())
    kept = {name: os.environ[name] for name in ("PATH", "CI") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(tmp_path), "PKG_CONFIG_PATH": "", **variables}
    said = subprocess.run(
        [sys.executable, "-c", "import tickring; print(tickring.library())"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout + said.stderr


def test_missing_library_names_what_was_tried(tmp_path: Path) -> None:
    said = _import(tmp_path, PKG_CONFIG_LIBDIR="")
    assert "libtickring.so.1 was not found; tried" in said
    for place in ("beside this package", "LD_LIBRARY_PATH", "pkg-config", "TICKRING_LIBRARY"):
        assert place in said


def test_named_library_is_the_only_one_tried(tmp_path: Path) -> None:
    said = _import(tmp_path, TICKRING_LIBRARY="/no/such/file.so")
    assert "TICKRING_LIBRARY names a library that cannot be loaded: /no/such/file.so" in said
    assert "tried" not in said


def test_other_library_is_refused(tmp_path: Path) -> None:
    assert "libc.so.6 has no tkr_open" in _import(tmp_path, TICKRING_LIBRARY="libc.so.6")


@pytest.mark.parametrize("where", ["LD_LIBRARY_PATH", "PKG_CONFIG_PATH"])
def test_installed_library_is_found(tmp_path: Path, where: str) -> None:
    folder = tmp_path / "installed"
    _link(folder)
    (folder / "tickring.pc").write_text(f"libdir={folder}\nName: tickring\nDescription: readers\nVersion: 1\n")
    assert f"{VERSION}, segments" in _import(tmp_path, **{where: str(folder)})


def test_library_beside_the_package_is_found_first(tmp_path: Path) -> None:
    _link(tmp_path / "tickring")
    assert f"{tmp_path}/tickring/libtickring.so.1, version {VERSION}" in _import(tmp_path, LD_LIBRARY_PATH="/no/such/folder")


def test_struct_of_another_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_abi.SIZES, "tkr_trade", 32)
    with pytest.raises(tickring.LibraryError, match=r"tkr_trade has 24 bytes in .*, 32 in this package"):
        _library._check(_library.LIBRARY)


def test_sizes_are_those_of_ctypes() -> None:
    structs = {name: size for name, size in _abi.SIZES.items() if hasattr(_abi, name)}
    assert {name: ctypes.sizeof(getattr(_abi, name)) for name in structs} == structs
    assert ctypes.sizeof(_abi.tkr_record_head) == _abi.HEAD_SIZE
    assert len(structs) > 12


def test_what_needs_numpy_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "tickring.arrays", raising=False)
    monkeypatch.delattr(tickring, "arrays", raising=False)
    with pytest.raises(ImportError, match=r"arrays need numpy \(pip install numpy\)"):
        tickring.Levels(b"", tickring.Units(0, 0)).array()


def test_version_is_that_of_the_library() -> None:
    assert tickring.library().split(", ")[1] == f"version {VERSION}"
