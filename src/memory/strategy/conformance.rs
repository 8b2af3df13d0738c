//! What every strategy must do.
