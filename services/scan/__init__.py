"""What scanners and old warehouse systems write instead of EPCIS, read into EPCIS: lists of codes, CSV, code platforms' bills."""
