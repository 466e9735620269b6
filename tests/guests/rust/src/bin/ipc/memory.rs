//! Shared memory.

use compat_guests::sys;

use crate::child;

const SHMAT: u64 = 228;
const OLD_SHMCTL: u64 = 229;
const SHMDT: u64 = 230;
const SHMGET: u64 = 231;
const SHMCTL: u64 = 512;

const SHM_RDONLY: u64 = 0x1000;
const SHM_RND: u64 = 0x2000;
const IPC_CREAT: u64 = 0x200;
const RMID: u64 = 0;
const SET: u64 = 1;
const STAT: u64 = 2;
const EEXIST: u64 = 17;

/// `struct shmid_ds`.
#[repr(C)]
#[derive(Default)]
struct Segment {
    cuid: u32,
    cgid: u32,
    uid: u32,
    gid: u32,
    mode: u16,
    seq: u16,
    key: i64,
    size: u64,
    lpid: i32,
    cpid: i32,
    attached: u32,
    atime: i64,
    dtime: i64,
    ctime: i64,
}

const _: () = assert!(size_of::<Segment>() == 80);

fn make(size: u64) -> u64 {
    sys::call(SHMGET, [0, size, IPC_CREAT | 0o600]).expect("shmget")
}

fn attach(id: u64) -> *mut u32 {
    sys::call(SHMAT, [id, 0, 0]).expect("shmat") as *mut u32
}

fn stat(id: u64) -> Segment {
    let mut found = Segment::default();
    sys::call(SHMCTL, [id, STAT, (&raw mut found) as u64]).expect("shmctl");
    found
}

pub(crate) fn shared() {
    let id = make(5000);
    let memory = attach(id);
    unsafe { memory.write_volatile(1) };
    let child = child::start(|| {
        // Attached still, and a second time elsewhere.
        let again = attach(id);
        assert_ne!(again, memory);
        unsafe { again.write_volatile(memory.read_volatile() + 1) };
    });
    child::join(child);
    assert_eq!(unsafe { memory.read_volatile() }, 2);
    sys::call(SHMCTL, [id, RMID, 0]).expect("shmctl");
    assert_eq!(
        stat(id).mode,
        0o600 | 0x800 | 0x400,
        "removed, and still there"
    );
    assert_eq!(unsafe { memory.read_volatile() }, 2);
    sys::call(SHMDT, [memory as u64]).expect("shmdt");
    assert_eq!(sys::call(SHMDT, [memory as u64]), Err(sys::EINVAL));
    assert_eq!(sys::call(SHMCTL, [id, RMID, 0]), Err(sys::EINVAL));
}

pub(crate) fn control() {
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    let key = 0x5eed_0000 | (pid & 0xffff);
    assert_eq!(sys::call(SHMGET, [key, 5000, 0]), Err(sys::ENOENT));
    let id = sys::call(SHMGET, [key, 5000, IPC_CREAT | 0o640]).expect("shmget");
    // Sizes are whole pages.
    assert_eq!(sys::call(SHMGET, [key, 8192, 0]), Ok(id));
    assert_eq!(sys::call(SHMGET, [key, 8193, 0]), Err(sys::EINVAL));
    assert_eq!(sys::call(SHMGET, [key, 1, IPC_CREAT | 0x400]), Err(EEXIST));
    let found = stat(id);
    assert_eq!((found.size, found.attached, found.lpid), (8192, 0, 0));
    assert_eq!((found.key, found.mode), (key as i64, 0o640 | 0x800));
    assert_eq!(found.cpid as u64, pid);
    assert!(found.ctime > 0 && found.atime == 0 && found.dtime == 0);
    let uid = sys::call(sys::GETUID, []).expect("getuid") as u32;
    assert_eq!((found.uid, found.cuid), (uid, uid));

    let wanted = Segment {
        mode: 0o7600,
        ..found
    };
    sys::call(SHMCTL, [id, SET, (&raw const wanted) as u64]).expect("shmctl");
    assert_eq!(stat(id).mode, 0o600 | 0x800);
    assert_eq!(sys::call(SHMCTL, [id, STAT, 8]), Err(sys::EFAULT));
    for command in [3, 11, 12, 13, 14, 99] {
        assert_eq!(
            sys::call(SHMCTL, [id, command, 0]),
            Err(sys::EINVAL),
            "{command}"
        );
    }
    // The layout of old: owner's user at 4, size at 24, creator at 32.
    let mut old = [0u16; 36];
    sys::call(OLD_SHMCTL, [id, STAT, old.as_mut_ptr() as u64]).expect("shmctl");
    assert_eq!(u32::from(old[2]), uid.min(0xffff));
    assert_eq!((old[12], old[13]), (8192, 0));
    assert_eq!(u64::from(old[16]), pid & 0xffff);
    sys::call(OLD_SHMCTL, [id, RMID, 0]).expect("shmctl");
}

pub(crate) fn places() {
    let id = make(4096);
    let memory = attach(id);
    unsafe { memory.write_volatile(7) };
    let room = sys::call(sys::MMAP, [0, 4 * 4096, 3, 0x1002, u64::MAX, 0]).expect("mmap");
    // Occupied; not a page; then a hole.
    assert_eq!(sys::call(SHMAT, [id, room, 0]), Err(sys::ENOMEM));
    sys::call(sys::MUNMAP, [room, 4096]).expect("munmap");
    assert_eq!(sys::call(SHMAT, [id, room + 8, 0]), Err(sys::EINVAL));
    assert_eq!(sys::call(SHMAT, [id, room, 0]), Ok(room));
    assert_eq!(unsafe { (room as *const u32).read_volatile() }, 7);
    // compat's part of the address space is no hole.
    for ours in [0x7008_0000_0000, 0x7010_0000_0000] {
        assert_eq!(sys::call(SHMAT, [id, ours, 0]), Err(sys::ENOMEM));
        assert_eq!(sys::call(SHMAT, [id, ours, SHM_RND]), Err(sys::ENOMEM));
    }
    // Both bits replace what lies there.
    let second = room + 4096;
    assert_eq!(sys::call(SHMAT, [id, second + 8, SHM_RND]), Ok(second));
    let third = room + 2 * 4096;
    assert_eq!(sys::call(SHMAT, [id, third, SHM_RDONLY]), Ok(third));
    assert_eq!(unsafe { (third as *const u32).read_volatile() }, 7);
    // read(2) into it fails where it cannot be written.
    let mut ends = [0u32; 2];
    sys::call(sys::PIPE2, [ends.as_mut_ptr() as u64, 0]).expect("pipe2");
    sys::call(sys::WRITE, [u64::from(ends[1]), room, 4]).expect("write");
    assert_eq!(
        sys::call(sys::READ, [u64::from(ends[0]), third, 4]),
        Err(sys::EFAULT)
    );
    assert_eq!(stat(id).attached, 4);
    for address in [memory as u64, room, second, third] {
        sys::call(SHMDT, [address]).expect("shmdt");
    }
    sys::call(SHMCTL, [id, RMID, 0]).expect("shmctl");
}
