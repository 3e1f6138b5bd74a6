"""Ctrl-C inside a command ends with its own exit code, and says how to go on."""

import pytest
import typer

from enclave.cli import main


def test_an_interrupted_command_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = typer.Typer()

    @app.command()
    def long_work() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "build", lambda: app)
    monkeypatch.setattr("sys.argv", ["enclave"])
    with pytest.raises(SystemExit) as ending:
        main.run()
    assert ending.value.code == 130
    assert "Run the same command again" in capsys.readouterr().err
