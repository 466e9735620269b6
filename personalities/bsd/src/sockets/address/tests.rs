use alloc::vec;
use alloc::vec::Vec;

use compat_tables::bsd::Errno;

use super::{to_guest, to_host};

fn unix(path: &[u8]) -> Vec<u8> {
    let mut address = vec![(path.len() + 2) as u8, 1];
    address.extend_from_slice(path);
    address
}

#[test]
fn internet_addresses_change_their_first_two_bytes_only() {
    let mut v4 = [0; 16];
    v4[..8].copy_from_slice(&[16, 2, 0x1f, 0x90, 127, 0, 0, 1]);
    let host = to_host(&v4).expect("an IPv4 address");
    assert_eq!(host.bytes()[..8], [2, 0, 0x1f, 0x90, 127, 0, 0, 1]);
    assert_eq!(host.port(), Some(8080));
    assert_eq!(to_guest(host.bytes()).expect("a name").bytes(), v4);

    let mut v6: Vec<u8> = (0..28).collect();
    v6[..2].copy_from_slice(&[28, 28]);
    let host = to_host(&v6).expect("an IPv6 address");
    assert_eq!(host.bytes()[..2], [10, 0]);
    assert_eq!(host.bytes()[2..], v6[2..]);
    assert_eq!(to_guest(host.bytes()).expect("a name").bytes(), v6);
}

#[test]
fn the_length_byte_of_the_guest_is_not_believed() {
    let mut v4 = [0; 16];
    v4[..2].copy_from_slice(&[255, 2]);
    assert!(to_host(&v4).is_ok());
    assert_eq!(to_host(&v4[..15]).err(), Some(Errno::EINVAL));
    let v6 = [28u8; 29];
    assert_eq!(to_host(&v6).err(), Some(Errno::EINVAL));
}

#[test]
fn short_and_unknown_addresses_are_refused() {
    assert_eq!(to_host(&[]).err(), Some(Errno::EINVAL));
    assert_eq!(to_host(&[2]).err(), Some(Errno::EINVAL));
    assert_eq!(to_host(&[2, 18]).err(), Some(Errno::EAFNOSUPPORT));
}

#[test]
fn unix_paths_end_at_the_first_nul_or_with_the_field() {
    for path in [&b"/tmp/s"[..], b"/tmp/s\0", b"/tmp/s\0rubbish"] {
        let host = to_host(&unix(path)).expect("a Unix address");
        assert_eq!(host.bytes(), b"\x01\0/tmp/s\0");
        assert_eq!(
            to_guest(host.bytes()).expect("a name").bytes(),
            unix(b"/tmp/s\0")
        );
    }
    let longest = [b'x'; 104];
    let host = to_host(&unix(&longest)).expect("a path of 104 bytes");
    assert_eq!(host.bytes().len(), 2 + 104 + 1);
    assert_eq!(to_host(&unix(&[b'x'; 105])).err(), Some(Errno::EINVAL));
}

#[test]
fn there_is_no_abstract_namespace() {
    assert_eq!(to_host(&unix(b"")).err(), Some(Errno::EINVAL));
    assert_eq!(to_host(&unix(b"\0name")).err(), Some(Errno::ENOENT));
    let unnamed = [16, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(to_guest(b"\x01\0").expect("a name").bytes(), unnamed);
    assert_eq!(
        to_guest(b"\x01\0\0abstract").expect("a name").bytes(),
        unnamed
    );
    assert!(to_guest(b"").is_none());
}

#[test]
fn a_host_path_longer_than_the_guest_s_field_survives() {
    let mut host = b"\x01\0".to_vec();
    host.extend_from_slice(&[b'y'; 108]);
    let guest = to_guest(&host).expect("a name");
    assert_eq!(guest.bytes().len(), 111);
    assert_eq!(guest.bytes()[0], 111);
}

#[test]
fn old_addresses_have_a_wide_family() {
    let guest = to_guest(&[2, 0, 0, 80, 1, 2, 3, 4]).expect("a name").old();
    assert_eq!(guest.bytes()[..8], [2, 0, 0, 80, 1, 2, 3, 4]);
    assert_eq!(guest.bytes().len(), 16);
}

#[test]
fn names_relative_to_a_directory_come_back_as_they_were_given() {
    let given = to_host(&unix(b"sub/s\0")).expect("a Unix address");
    let host = given.seen_from(17).expect("room for it");
    assert_eq!(host.bytes(), b"\x01\0/proc/self/fd/17/sub/s\0");
    let back = to_guest(host.bytes()).expect("a name");
    assert_eq!(back.bytes(), unix(b"sub/s\0"));
    let absolute = to_host(&unix(b"/s")).expect("a Unix address");
    let bytes = absolute.bytes().to_vec();
    let itself = absolute.seen_from(17).expect("itself");
    assert_eq!(itself.bytes(), bytes);
    let long = to_host(&unix(&[b'x'; 104])).expect("a Unix address");
    assert_eq!(long.seen_from(17).err(), Some(Errno::ENAMETOOLONG));
    // From its root, for a guest in a root far down.
    let back = to_guest(b"\x01\0/proc/self/fd/3//tmp/s\0").expect("a name");
    assert_eq!(back.bytes(), unix(b"/tmp/s\0"));
    for other in [
        &b"/proc/self/fd/17"[..],
        b"/proc/self/fd//s",
        b"/proc/self/fd/17/",
    ] {
        let host = to_host(&unix(other)).expect("a Unix address");
        let back = to_guest(host.bytes()).expect("a name");
        assert_eq!(back.bytes()[2..], host.bytes()[2..]);
    }
}
