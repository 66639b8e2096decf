"""With libtickring in the package a wheel is of one platform; without, it is of every one, and looks for the library."""

from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class PlatformWheel(bdist_wheel):
    """A wheel whose library is called by ctypes: of one platform, and of every Python 3."""

    def get_tag(self) -> tuple[str, str, str]:
        """Tell what the wheel fits."""
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    """A package that is not of Python alone."""

    def has_ext_modules(self) -> bool:
        """Make it a wheel of one platform."""
        return True


if (Path(__file__).parent / "src/tickring/libtickring.so.1").exists():
    setup(distclass=WithLibrary, cmdclass={"bdist_wheel": PlatformWheel})
else:
    setup()
