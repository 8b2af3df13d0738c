//! Tests of the simulated memory as a whole.
