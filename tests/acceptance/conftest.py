"""One small demonstration, run once by the real command, for all tests that look at its result."""

import json
import shutil

import pytest
from driver import Run, demo_arguments, enclave


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo")
    done = enclave(*demo_arguments(root))
    return Run(root, json.loads(done.stdout), done.stdout, done.stderr)


@pytest.fixture
def demo_copy(demo, tmp_path):
    """A copy of the finished demonstration that a test may damage."""
    root = tmp_path / "copy"
    shutil.copytree(demo.root, root, symlinks=True)
    return Run(root, demo.record, demo.stdout, demo.stderr)
