//! Cases that random histories found, shrunk: they stay.
