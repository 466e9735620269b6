//! What the socket calls share: addresses and control messages, converted in both directions without touching the guest.

pub mod address;
pub mod control;
pub mod listed;
