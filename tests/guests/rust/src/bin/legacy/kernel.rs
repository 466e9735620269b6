//! The kernel's own affairs, closed to programs.

use compat_guests::sys;

const EPERM: u64 = 1;
const ENOSYS: u64 = 78;
const EOPNOTSUPP: u64 = 45;

/// Number and the error every user gets.
const REFUSED: [(u64, u64); 27] = [
    (21, EPERM),        // mount
    (22, EPERM),        // unmount
    (45, ENOSYS),       // ktrace
    (51, EPERM),        // acct
    (55, EPERM),        // reboot
    (69, EOPNOTSUPP),   // sbrk
    (72, sys::EINVAL),  // vadvise
    (85, EPERM),        // swapon
    (103, ENOSYS),      // osigreturn
    (148, EOPNOTSUPP),  // quotactl
    (154, EPERM),       // nlm_syscall
    (241, ENOSYS),      // ffclock_getcounter
    (298, EPERM),       // fhopen
    (303, sys::ENOENT), // modfind
    (304, EPERM),       // kldload
    (306, sys::ENOENT), // kldfind
    (338, EPERM),       // jail
    (378, EPERM),       // nmount
    (385, sys::EINVAL), // __mac_set_proc
    (446, ENOSYS),      // auditon
    (471, ENOSYS),      // sctp_peeloff
    (506, sys::ENOENT), // jail_get
    (516, ENOSYS),      // cap_enter
    (525, ENOSYS),      // rctl_get_racct
    (533, ENOSYS),      // cap_rights_limit
    (573, sys::EINVAL), // sigfastblock
    (582, EPERM),       // swapoff
];

pub(crate) fn refusals() {
    for (number, error) in REFUSED {
        assert_eq!(sys::call(number, []), Err(error), "call {number}");
    }
    // An indirect call within itself.
    assert_eq!(sys::call(0, [0]), Err(ENOSYS));
    assert_eq!(sys::call(KLDNEXT, [0]), Ok(0));
    assert_eq!(sys::call(KLDNEXT, [1]), Err(sys::ENOENT));
    // What there is one of is there.
    assert_eq!(sys::call(SETFIB, [0]), Ok(0));
    assert_eq!(sys::call(SETFIB, [1]), Err(sys::EINVAL));
    assert_eq!(sys::call(UTRACE, [8, 16]), Ok(0));
    assert_eq!(sys::call(PROFIL, [0, 0, 0, 0]), Ok(0));
}

const PROFIL: u64 = 44;
const SETFIB: u64 = 175;
const KLDNEXT: u64 = 307;
const UTRACE: u64 = 335;
const KENV: u64 = 390;
const UUIDGEN: u64 = 392;
const ABORT2: u64 = 463;

pub(crate) fn kenv() {
    let name = c"smbios.system.product".as_ptr() as u64;
    let mut value = [0u8; 64];
    let to = value.as_mut_ptr() as u64;
    assert_eq!(sys::call(KENV, [0, name, to, 64]), Err(sys::ENOENT));
    assert_eq!(sys::call(KENV, [0, 8, to, 64]), Err(sys::EFAULT));
    assert_eq!(sys::call(KENV, [1, name, to, 64]), Err(EPERM));
    assert_eq!(sys::call(KENV, [2, name, 0, 0]), Err(EPERM));
    assert_eq!(sys::call(KENV, [3, 0, to, 64]), Ok(0));
    assert_eq!(sys::call(KENV, [77, name, to, 64]), Err(sys::EINVAL));
}

pub(crate) fn uuidgen() {
    let mut made = [[0u8; 16]; 3];
    sys::call(UUIDGEN, [made.as_mut_ptr() as u64, 3]).expect("uuidgen");
    for one in &made {
        assert_eq!(one[7] >> 4, 1, "version");
        assert_eq!(one[8] >> 6, 2, "variant");
    }
    assert_ne!(made[0], made[1]);
    assert_eq!(made[0][8..], made[2][8..], "one node");
    for count in [0, 2049] {
        assert_eq!(
            sys::call(UUIDGEN, [made.as_mut_ptr() as u64, count]),
            Err(sys::EINVAL)
        );
    }
}

/// SIGABRT, and SIGKILL where the call itself is wrong.
pub(crate) fn abort2() {
    for (count, signal) in [(1, 6), (17, 9)] {
        let child = sys::raw(sys::FORK, [0; 6]);
        if child.rdx == 1 {
            // Quietly: the reason goes to standard error.
            let _ = sys::call(sys::CLOSE, [2]);
            let arguments = [0xbeefu64; 17];
            let why = c"the test says so".as_ptr() as u64;
            let _ = sys::call(ABORT2, [why, count, arguments.as_ptr() as u64]);
            sys::exit(3);
        }
        let mut status = 0i32;
        let args = [child.rax, (&raw mut status) as u64, 0, 0];
        assert_eq!(sys::call(sys::WAIT4, args), Ok(child.rax));
        assert_eq!(status & 0x7f, signal);
    }
}
