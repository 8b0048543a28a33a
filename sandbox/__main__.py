"""`python -m sandbox --state DIR`: both platforms until SIGTERM or SIGINT; with `--fresh-pki` new certificates for seals, and nothing else.

Prints one JSON line `{"national": "http://…", "provincial": "http://…"}` when ready, and writes it to the file of `--ready`.
"""

import argparse
import json
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import sandbox
from sandbox.pki import new_pki, write_pki
from sandbox.provincial import PKI


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; returns the exit status (2: could not start)."""
    options = _parser().parse_args(arguments)
    if options.fresh_pki:
        now, folder = datetime.now(UTC), options.state / PKI
        if folder.exists():
            folder.rename(folder.with_name(f"{PKI}-until-{now:%Y%m%dT%H%M%S%f}"))
        write_pki(folder, new_pki(now), now)
        sys.stdout.write(f"{options.state / PKI / 'trust'}\n")
        return 0
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        running = sandbox.start(
            options.state,
            host=options.host,
            national_port=options.national_port,
            provincial_port=options.provincial_port,
            national=sandbox.NationalSettings(options.client_id, options.client_secret, options.token_seconds, options.rate),
            provincial=sandbox.ProvincialSettings(options.app_key, options.app_secret, options.seal_delay),
        )
    except OSError as trouble:
        sys.stderr.write(f"沙箱无法启动，请检查端口与目录 / the sandboxes cannot start, check ports and directory: {trouble}\n")
        return 2
    _tell(json.dumps({"national": running.national, "provincial": running.provincial}), options.ready)
    stopping.wait()
    running.stop()
    return 0


def _tell(line: str, ready: Path | None) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    if ready is not None:
        draft = ready.with_name(ready.name + ".new")
        draft.write_text(line + "\n", "utf-8")
        draft.replace(ready)  # whoever polls for the file never reads half of it


def _seal_delay(text: str) -> float | None:
    if text == "manual":
        return None
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise ValueError(text)
    return seconds


def _rate(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _parser() -> argparse.ArgumentParser:
    national, provincial = sandbox.NationalSettings(), sandbox.ProvincialSettings()
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for the national and the provincial platform.")
    parser.add_argument("--state", type=Path, required=True, help="directory of the platforms' books")
    parser.add_argument("--fresh-pki", action="store_true", help="make new certificates for seals, print the directory of trust, and end")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--national-port", type=int, default=0, help="0 = a free one")
    parser.add_argument("--provincial-port", type=int, default=0, help="0 = a free one")
    parser.add_argument("--seal-delay", type=_seal_delay, default=provincial.seal_delay, metavar="SECONDS|manual")
    parser.add_argument("--ready", type=Path, help="file that gets the addresses when ready")
    parser.add_argument("--rate", type=_rate, default=national.rate, help="national calls a second, then 429")
    parser.add_argument("--client-id", default=national.client_id)
    parser.add_argument("--client-secret", default=national.client_secret)
    parser.add_argument("--token-seconds", type=int, default=national.token_seconds)
    parser.add_argument("--app-key", default=provincial.app_key)
    parser.add_argument("--app-secret", default=provincial.app_secret)
    return parser


if __name__ == "__main__":
    sys.exit(main())
