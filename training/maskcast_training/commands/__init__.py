"""The commands: each module adds its parsers and turns their options into calls."""
