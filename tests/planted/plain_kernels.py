"""A pytest plugin, `-p tests.planted.plain_kernels`: the kernels of this test run are plain Python."""

from tests.planted.uncompiled import install

install()
