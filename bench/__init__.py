"""Figures: whole processes, medians, and ratios against peers measured side by side."""
