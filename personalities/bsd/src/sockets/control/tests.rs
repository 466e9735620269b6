use alloc::vec;
use alloc::vec::Vec;

use compat_tables::bsd::Errno;

use super::{Credentials, HOST_ROOM, Identity, Kind, Receiver, Written, rights_only};

const OWN: Identity = Identity {
    pid: 42,
    uid: 1001,
    gid: 20,
};

const MARK: i32 = 777;

/// A message of the guest; its length field is what `len` says.
fn guest_message(len: u32, level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let mut message = len.to_ne_bytes().to_vec();
    message.extend(level.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend([0; 4]);
    message.extend(data);
    message.resize(message.len().next_multiple_of(8), 0);
    message
}

fn guest_whole(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    guest_message(16 + data.len() as u32, level, kind, data)
}

fn host_whole(level: u32, kind: u32, data: &[u8]) -> Vec<u8> {
    let mut message = (16 + data.len() as u64).to_ne_bytes().to_vec();
    message.extend(level.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(data);
    message.resize(message.len().next_multiple_of(8), 0);
    message
}

fn to_host(guest: &[u8], socket: Kind) -> Result<Vec<u8>, Errno> {
    let mut room = [0; HOST_ROOM];
    let mut written = Written::new(&mut room);
    let mut passable = |fd| if fd == 999 { Err(Errno::EBADF) } else { Ok(()) };
    if super::to_host(guest, socket, OWN, &mut passable, &mut written)? {
        super::add_mark(MARK, &mut written)?;
    }
    Ok(written.bytes().to_vec())
}

struct Test {
    credentials: Credentials,
    closed: Vec<i32>,
}

impl Receiver for Test {
    fn credentials(&mut self) -> Credentials {
        self.credentials
    }
    fn realtime_ahead(&mut self) -> i64 {
        1_500_000_000
    }
    fn is_mark(&mut self, fd: i32) -> bool {
        fd == MARK
    }
    fn dispose(&mut self, fd: i32) {
        self.closed.push(fd);
    }
}

/// What the guest gets of `host` in `room` bytes, whether that was all, and which descriptors were closed.
fn to_guest(host: &[u8], room: usize, credentials: Credentials) -> (Vec<u8>, bool, Vec<i32>) {
    let mut bytes = vec![0; room];
    let mut written = Written::new(&mut bytes);
    let mut test = Test {
        credentials,
        closed: Vec::new(),
    };
    let truncated = super::to_guest(host, &mut test, &mut written);
    (written.bytes().to_vec(), truncated, test.closed)
}

fn ints(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect()
}

#[test]
fn descriptors_keep_their_order_in_both_directions() {
    let guest = guest_whole(0xffff, 1, &ints(&[3, 4, 5]));
    let host = host_whole(1, 1, &ints(&[3, 4, 5]));
    assert_eq!(to_host(&guest, Kind::Unix), Ok(host.clone()));
    let (arrived, truncated, closed) = to_guest(&host, 512, Credentials::Sent);
    assert_eq!((arrived, truncated, closed), (guest, false, vec![]));
}

#[test]
fn a_descriptor_of_ours_is_no_descriptor() {
    let guest = guest_whole(0xffff, 1, &ints(&[3, 999]));
    assert_eq!(to_host(&guest, Kind::Unix), Err(Errno::EBADF));
}

#[test]
fn the_sender_s_credentials_are_filled_in() {
    let lie = [0xffu8; 84];
    let unmarked = host_whole(1, 2, &ints(&[42, 1001, 20]));
    let host = [unmarked.clone(), host_whole(1, 1, &ints(&[MARK]))].concat();
    assert_eq!(
        to_host(&guest_whole(0xffff, 3, &lie), Kind::Unix),
        Ok(host.clone())
    );
    // Without any data, too.
    assert_eq!(
        to_host(&guest_whole(0xffff, 3, &[]), Kind::Unix),
        Ok(host.clone())
    );

    let (sent, truncated, closed) = to_guest(&host, 512, Credentials::Sent);
    assert_eq!((truncated, closed), (false, vec![MARK]));
    let mut cmsgcred = ints(&[42, 1001, 1001, 20, 1, 20]);
    cmsgcred.resize(84, 0);
    assert_eq!(sent, guest_whole(0xffff, 3, &cmsgcred));
    let (once, ..) = to_guest(&host, 512, Credentials::Once);
    assert_eq!(
        once,
        guest_whole(0xffff, 3, &ints(&[1001, 1001, 20, 20, 1, 20]))
    );
    let (always, ..) = to_guest(&host, 512, Credentials::Always);
    let sockcred2 = ints(&[0, 42, 1001, 1001, 20, 20, 1, 20]);
    assert_eq!(always, guest_whole(0xffff, 8, &sockcred2));
    // What the host adds by itself, nobody sent; whoever asked for it gets it all the same.
    assert_eq!(to_guest(&unmarked, 512, Credentials::Sent).0, vec![]);
    assert_eq!(to_guest(&unmarked, 512, Credentials::Always).0, always);
    // Nobody said who: the host's pid is 0.
    let unknown = host_whole(1, 2, &ints(&[0, 65534, 65534]));
    assert_eq!(to_guest(&unknown, 512, Credentials::Sent).0, vec![]);
}

#[test]
fn the_mark_goes_along_with_other_descriptors() {
    let [creds, rights] =
        [(3, vec![]), (1, ints(&[5, 6]))].map(|(kind, data)| guest_whole(0xffff, kind, &data));
    let host = to_host(&[rights.clone(), creds].concat(), Kind::Unix).unwrap();
    let parts = [
        host_whole(1, 1, &ints(&[5, 6])),
        host_whole(1, 2, &ints(&[42, 1001, 20])),
        host_whole(1, 1, &ints(&[MARK])),
    ];
    assert_eq!(host, parts.concat());
    // As the host hands it over: who first, and one message of all descriptors.
    let arrived = [parts[1].clone(), host_whole(1, 1, &ints(&[5, 6, MARK]))].concat();
    let (guest, truncated, closed) = to_guest(&arrived, 512, Credentials::Sent);
    assert_eq!((truncated, closed), (false, vec![MARK]));
    assert!(guest.ends_with(&rights) && guest.len() > rights.len());
    let mut room = [0; 16];
    let mut test = Test {
        credentials: Credentials::Sent,
        closed: Vec::new(),
    };
    assert_eq!(rights_only(&arrived, &mut test, &mut room), 8);
    assert_eq!(test.closed, vec![MARK]);
}

#[test]
fn malformed_messages_are_refused() {
    let fd = ints(&[3]);
    for (len, what) in [
        (0, "nothing"),
        (11, "less than its header"),
        (25, "more than there is"),
        (u32::MAX, "the whole address space"),
    ] {
        let guest = guest_message(len, 0xffff, 1, &fd);
        assert_eq!(
            to_host(&guest, Kind::Unix),
            Err(Errno::EINVAL),
            "a length of {what}"
        );
    }
    let whole = guest_whole(0xffff, 1, &fd);
    for short in 0..12 {
        assert_eq!(
            to_host(&whole[..short], Kind::Unix),
            Err(Errno::EINVAL),
            "{short} bytes"
        );
    }
    // The second of two.
    let mut two = whole.clone();
    two.extend(guest_message(400, 0xffff, 1, &fd));
    assert_eq!(to_host(&two, Kind::Unix), Err(Errno::EINVAL));
    // A length within the header's padding is an empty message; a few bytes behind the last one are padding.
    assert_eq!(
        to_host(&guest_message(14, 0xffff, 1, &fd), Kind::Unix),
        Ok(vec![])
    );
    let mut padded = whole.clone();
    padded.extend([0xff; 11]);
    assert_eq!(to_host(&padded, Kind::Unix), Ok(host_whole(1, 1, &fd)));
}

#[test]
fn what_has_no_place_on_the_socket_is_refused() {
    let rights = guest_whole(0xffff, 1, &ints(&[3]));
    let source = guest_whole(0, 7, &[127, 0, 0, 1]);
    assert_eq!(to_host(&source, Kind::Unix), Err(Errno::EINVAL));
    assert_eq!(to_host(&rights, Kind::Stream), Err(Errno::EINVAL));
    assert_eq!(to_host(&rights, Kind::Datagram), Ok(vec![]));
    assert_eq!(
        to_host(&guest_whole(0, 99, &[]), Kind::Datagram),
        Err(Errno::ENOPROTOOPT)
    );
    assert_eq!(
        to_host(&guest_whole(0xffff, 77, &[]), Kind::Unix),
        Err(Errno::EINVAL)
    );
}

#[test]
fn a_cluster_of_the_smallest_messages_finds_room() {
    let smallest: Vec<u8> = core::iter::repeat_n(guest_whole(0xffff, 3, &[]), 128)
        .flatten()
        .collect();
    assert_eq!(smallest.len(), 2048);
    assert_eq!(
        to_host(&smallest, Kind::Unix).map(|host| host.len()),
        Ok(128 * 32 + 24)
    );
}

#[test]
fn source_addresses_become_packet_information() {
    let guest = guest_whole(0, 7, &[192, 0, 2, 1]);
    let mut info = [0; 12];
    info[4..8].copy_from_slice(&[192, 0, 2, 1]);
    assert_eq!(to_host(&guest, Kind::Datagram), Ok(host_whole(0, 8, &info)));
    let short = guest_whole(0, 7, &[192, 0, 2]);
    assert_eq!(to_host(&short, Kind::Datagram), Err(Errno::EINVAL));
}

#[test]
fn internet_messages_change_number_and_width() {
    let mut destination = vec![2, 0, 0, 53, 192, 0, 2, 7];
    destination.resize(16, 0);
    let mut host = host_whole(0, 20, &destination);
    host.extend(host_whole(0, 2, &ints(&[64])));
    host.extend(host_whole(0, 1, &[0x10]));
    host.extend(host_whole(0, 8, &ints(&[3, 0, 0])));
    host.extend(host_whole(41, 52, &ints(&[63])));
    let mut guest = guest_whole(0, 7, &[192, 0, 2, 7]);
    guest.extend(guest_whole(0, 65, &[64]));
    guest.extend(guest_whole(0, 68, &[0x10]));
    guest.extend(guest_whole(0, 20, &[8, 18, 3, 0, 0, 0, 0, 0]));
    guest.extend(guest_whole(41, 47, &ints(&[63])));
    assert_eq!(to_guest(&host, 512, Credentials::Sent).0, guest);
}

#[test]
fn times_come_in_every_clock() {
    let time = |whole: i64, part: i64| [whole.to_ne_bytes(), part.to_ne_bytes()].concat();
    let arrives = |kind, data: &[u8]| to_guest(&host_whole(1, kind, data), 64, Credentials::Sent).0;
    assert_eq!(
        arrives(29, &time(7, 8)),
        guest_whole(0xffff, 2, &time(7, 8))
    );
    assert_eq!(
        arrives(35, &time(7, 8)),
        guest_whole(0xffff, 5, &time(7, 8))
    );
    // 1.5 seconds after boot.
    assert_eq!(
        arrives(64, &time(3, 0)),
        guest_whole(0xffff, 6, &time(1, 500_000_000))
    );
    let half = arrives(63, &time(7, 500_000));
    assert_eq!(half[16..24], 7u64.to_ne_bytes());
    let fraction = u64::from_ne_bytes(half[24..32].try_into().expect("eight bytes"));
    assert!(fraction.abs_diff(1 << 63) < 1 << 44);
}

#[test]
fn what_does_not_fit_is_dropped_and_its_descriptors_closed() {
    let mut host = host_whole(1, 1, &ints(&[3]));
    host.extend(host_whole(1, 29, &[0; 16]));
    host.extend(host_whole(1, 1, &ints(&[4, 5])));
    // The padding counts: 23 bytes do not hold a message of 20.
    for room in [0, 11, 20, 23] {
        let (arrived, truncated, closed) = to_guest(&host, room, Credentials::Sent);
        assert_eq!(
            (arrived, truncated, closed),
            (vec![], true, vec![3, 4, 5]),
            "{room}"
        );
    }
    let (arrived, truncated, closed) = to_guest(&host, 24, Credentials::Sent);
    assert_eq!(arrived, guest_whole(0xffff, 1, &ints(&[3])));
    assert_eq!((truncated, closed), (true, vec![4, 5]));
}

#[test]
fn the_host_s_lengths_are_not_believed_either() {
    for len in [0u64, 8, 15, 25, u64::MAX] {
        let mut host = host_whole(1, 1, &ints(&[3]));
        host[..8].copy_from_slice(&len.to_ne_bytes());
        assert_eq!(to_guest(&host, 512, Credentials::Sent).0, vec![], "{len}");
    }
    let host = host_whole(1, 1, &ints(&[3]));
    for short in 0..20 {
        assert_eq!(to_guest(&host[..short], 512, Credentials::Sent).0, vec![]);
    }
}

#[test]
fn old_receivers_get_bare_descriptors() {
    let host = host_whole(1, 1, &ints(&[3, 4, 5]));
    let mut test = Test {
        credentials: Credentials::Sent,
        closed: Vec::new(),
    };
    let mut room = [0; 10];
    assert_eq!(rights_only(&host, &mut test, &mut room), 8);
    assert_eq!(room[..8], ints(&[3, 4]));
    assert_eq!(test.closed, [5]);
}
