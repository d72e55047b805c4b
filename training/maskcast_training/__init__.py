"""Train, fine-tune, export, quantise and evaluate the segmentation networks that Maskcast serves."""

__version__ = "0.1.0"
