"""`flowc run --telemetry`: to a collector, or a word on what to install."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.command import flowc
from tests.support.durable import EXAMPLES


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.metrics", None)
    done = flowc(
        *("run", EXAMPLES / "order.flow", "--telemetry", "--state", "run.db"),
        *("--input", f"@{EXAMPLES / 'order.json'}"),
        *("--services", EXAMPLES / "order_services.py"),
    )
    assert done.status == 2
    assert "pip install opentelemetry-sdk" in done.err
    assert not (tmp_path / "run.db").exists()


def test_a_run_sends_by_otlp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    received: dict[str, int] = {}

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            received[self.path] = received.get(self.path, 0) + len(self.rfile.read(size))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *said: object) -> None:
            del said

    monkeypatch.chdir(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", where)
        done = flowc(
            *("run", EXAMPLES / "order.flow", "--telemetry", "--state", tmp_path / "run.db"),
            *("--input", f"@{EXAMPLES / 'order.json'}"),
            *("--services", EXAMPLES / "order_services.py"),
        )
        server.shutdown()
    assert done.status == 0, done.err
    assert received["/v1/traces"] > 500
    assert received["/v1/metrics"] > 500


@pytest.mark.parametrize("answers", [False, True])
def test_what_did_not_arrive_is_told_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if answers:  # it takes connections, and then says nothing
            nobody.listen()
        where = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", where)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
        done = flowc(
            *("run", EXAMPLES / "order.flow", "--telemetry", "--state", tmp_path / "run.db"),
            *("--input", f"@{EXAMPLES / 'order.json'}"),
            *("--services", EXAMPLES / "order_services.py"),
        )
    assert done.status == 0
    assert json.loads(done.out)["ending"] == "Completed"
    said = "telemetry was lost: the collector did not take traces and metrics\n"
    assert capsys.readouterr().err == said
    assert "Traceback" not in done.err
