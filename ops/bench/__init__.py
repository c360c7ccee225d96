"""Benchmarks: each module prints readings, none asserts a speed."""
