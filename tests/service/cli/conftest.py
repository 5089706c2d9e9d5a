"""A command run in this process: a new one spends seconds on imports."""

import pytest

from service.cli import main
from service.words import language


@pytest.fixture
def run(capsys):
    """Run a command; its exit code, what it printed, what it said on standard error."""

    def call(*arguments):
        before = language.set("zh")
        try:
            with pytest.raises(SystemExit) as done:
                main([str(argument) for argument in arguments])
        finally:
            language.reset(before)
        output = capsys.readouterr()
        return done.value.code or 0, output.out, output.err

    return call
