"""What becomes of a trained network: ONNX out and back in, calibration, int8, manifest, and its time."""
