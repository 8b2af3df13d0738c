//! Snapshots to come.
