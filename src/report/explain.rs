//! What each kind means.
