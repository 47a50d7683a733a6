"""The words every room shares: types, row dtypes, clock, random streams, ports, configuration, errors."""
