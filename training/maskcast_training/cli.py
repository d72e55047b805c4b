"""Train, fine-tune, export, quantise and evaluate the segmentation networks that Maskcast serves."""

from __future__ import annotations

import argparse
import sys

from .commands import data, deploy, learn, measure


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets ``run``, a function from the parsed options to the exit code."""
    parser = argparse.ArgumentParser(prog="maskcast_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in (learn, deploy, measure, data):
        group.add_commands(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 fine, 1 failed, 2 wrong usage."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError) as error:
        print(f"{parser.prog} {options.command}: {error}", file=sys.stderr)
        return 1
