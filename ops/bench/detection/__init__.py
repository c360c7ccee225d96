"""What the rules find in simulated worlds: recall and precision by kind of fraud and proof class, false alarms by kind of
mistake, delays, cases, what each finding code adds. `python -m ops.bench.detection --help`."""
