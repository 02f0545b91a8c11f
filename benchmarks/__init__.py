"""What the app costs, in ratios measured in one run: `python -m benchmarks`."""
