//! System V IPC: the host has the same three kinds of objects, in one name space with the host's own programs.

mod msg;
mod sem;
mod shm;
pub mod table;

pub use msg::*;
pub use sem::*;
pub use shm::*;

const IPC_RMID: i32 = 0;
const IPC_SET: i32 = 1;
const IPC_STAT: i32 = 2;
