//! `<sys/shm.h>`, `<sys/sem.h>`, `<sys/msg.h>`: the rows of the lists of all objects.

use compat_bsd::abi::ipc::{MsqidDs, SemidDs, ShmidDs};
use zerocopy::{Immutable, IntoBytes};

/// `struct shmid_kernel`, a row of `kern.ipc.shmsegs`. The pointers are the kernel's own.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct ShmidKernel {
    pub(crate) u: ShmidDs,
    pub(crate) pointers: [u64; 3],
}

/// `struct semid_kernel`, a row of `kern.ipc.sema`.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct SemidKernel {
    pub(crate) u: SemidDs,
    pub(crate) pointers: [u64; 2],
}

/// `struct msqid_kernel`, a row of `kern.ipc.msqids`.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct MsqidKernel {
    pub(crate) u: MsqidDs,
    pub(crate) pointers: [u64; 2],
}

const _: () = {
    assert!(size_of::<ShmidKernel>() == 104 && size_of::<SemidKernel>() == 80);
    assert!(size_of::<MsqidKernel>() == 120);
};
