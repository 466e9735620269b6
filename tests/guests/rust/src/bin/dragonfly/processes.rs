//! What the tree of names tells of processes: `struct kinfo_proc`, arguments, directories.

use compat_guests::sys::{self, call};

const SYSCTL: u64 = 202;
const SIZE: u64 = 992;

fn ask(name: &[i32], room: &mut [u8], new: &[u8]) -> sys::Result {
    let mut size = room.len() as u64;
    let args = [
        name.as_ptr() as u64,
        name.len() as u64,
        if room.is_empty() {
            0
        } else {
            room.as_mut_ptr() as u64
        },
        (&raw mut size) as u64,
        if new.is_empty() {
            0
        } else {
            new.as_ptr() as u64
        },
        new.len() as u64,
    ];
    call(SYSCTL, args)?;
    Ok(unsafe { (&raw const size).read_volatile() })
}

fn word(info: &[u8], at: usize) -> i32 {
    i32::from_le_bytes([info[at], info[at + 1], info[at + 2], info[at + 3]])
}

pub(crate) fn told() {
    let own = call(sys::GETPID, []).expect("getpid") as i32;
    let parent = call(sys::GETPPID, []).expect("getppid") as i32;
    let mut info = [0u8; 3 * SIZE as usize];
    assert_eq!(ask(&[1, 14, 1, own], &mut info, &[]), Ok(SIZE));
    assert_eq!([word(&info, 220), word(&info, 224)], [own, parent]);
    assert_eq!(word(&info, 12), 2, "SACTIVE");
    assert_eq!(word(&info, 296), 1, "threads");
    assert_eq!(word(&info, 664), own, "kl_pid");
    assert_eq!(word(&info, 676), 1, "LSRUN");
    assert!(info[112..129].starts_with(b"guest-dragonf"), "kp_comm");
    // By thread: one of them.
    assert_eq!(ask(&[1, 14, 17, own], &mut info, &[]), Ok(SIZE));
    assert_eq!(word(&info, 668), own, "kl_tid");
    // Nobody is no error, and when only the size is asked for there is room for five more.
    assert_eq!(ask(&[1, 14, 1, 0x7fff_fff0], &mut info, &[]), Ok(0));
    assert_eq!(ask(&[1, 14, 1, own], &mut [], &[]), Ok(6 * SIZE));
    assert_eq!(ask(&[1, 14, 1], &mut info, &[]), Err(sys::EINVAL));
    assert!(ask(&[1, 14, 0], &mut [], &[]).is_ok_and(|size| size > 6 * SIZE));
}

pub(crate) fn arguments() {
    let own = call(sys::GETPID, []).expect("getpid") as i32;
    let mut room = [0u8; 200];
    assert_eq!(ask(&[1, 14, 7, own], &mut [], b"a title\0"), Ok(0));
    assert_eq!(ask(&[1, 14, 7, own], &mut room, &[]), Ok(8));
    assert_eq!(&room[..8], b"a title\0");
    // The thread does not matter.
    assert_eq!(ask(&[1, 14, 7, own, own], &mut room, &[]), Ok(8));
    let parent = call(sys::GETPPID, []).expect("getppid") as i32;
    assert_eq!(ask(&[1, 14, 7, parent], &mut [], b"x\0"), Err(sys::EPERM));
    assert!(ask(&[1, 14, 8, own], &mut room, &[]).is_ok_and(|size| size > 1));
    assert_eq!(room[0], b'/', "the working directory");
}
