"""The version, which is that of the whole product."""

VERSION = "0.1.0"
