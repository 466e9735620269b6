//! What the host has counted.

pub mod counters;
pub mod disks;
