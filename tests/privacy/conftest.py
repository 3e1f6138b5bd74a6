"""The privacy tests look at the same kind of small demonstration as the acceptance tests."""

import json

import pytest
from driver import Run, demo_arguments, enclave


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("private-demo")
    done = enclave(*demo_arguments(root))
    return Run(root, json.loads(done.stdout), done.stdout, done.stderr)
