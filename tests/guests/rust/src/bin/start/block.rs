//! argc, argv, envp, their strings and `struct ps_strings`.

use compat_guests::start::{argument, auxiliary, environment, registers};

/// Whether a path is this program's; the suite runs a copy with a longer name.
pub(crate) fn contains_name(path: &[u8]) -> bool {
    path.windows(11).any(|part| part == b"guest-start")
}

pub(crate) fn arguments() {
    let block = registers().block();
    let argc = unsafe { *block } as usize;
    assert_eq!(argc, 2, "the program and the name of this check");
    assert_eq!(argument(1), Some(&b"block/arguments"[..]));
    assert_eq!(unsafe { *block.add(1 + argc) }, 0, "argv ends with NULL");
    assert_eq!(environment(), unsafe { block.add(2 + argc) });
    let name = argument(0).expect("a name");
    assert!(contains_name(name));
}

/// Every string begins where the one before it ends, arguments first (exec_copyout_strings).
pub(crate) fn strings_in_order() {
    let mut at = registers().block();
    let mut expected = None;
    let mut ends = 0;
    while ends < 2 {
        at = unsafe { at.add(1) };
        let text = unsafe { *at };
        if text == 0 {
            ends += 1;
            continue;
        }
        assert!(expected.is_none_or(|expected| expected == text));
        let length = unsafe { core::ffi::CStr::from_ptr(text as *const _) }.count_bytes() as u64;
        expected = Some(text + length + 1);
    }
    assert!(
        expected.is_some_and(|end| end > registers().rsp),
        "the strings lie above the block"
    );
}

pub(crate) fn ps_strings() {
    const AT_PS_STRINGS: u64 = 32;
    let found = auxiliary(AT_PS_STRINGS).expect("AT_PS_STRINGS") as *const u64;
    let block = registers().block();
    let [argv, argc, envv, envc] = unsafe { found.cast::<[u64; 4]>().read() };
    assert_eq!(argv, block as u64 + 8);
    assert_eq!(argc, unsafe { *block });
    assert_eq!(envv, environment() as u64);
    let mut count = 0;
    while unsafe { *environment().add(count) } != 0 {
        count += 1;
    }
    assert_eq!(envc, count as u64);
}
