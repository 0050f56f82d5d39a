"""What every room builds on: state, time, ids, and how routes and parameters are declared."""
