use super::*;

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut header = [0u8; HEADER];
    header[4..6].copy_from_slice(&kind.to_le_bytes());
    let mut writer = Writer::begin(Vec::new(), &header);
    writer.raw(body);
    writer.end()
}

#[test]
fn messages_are_found_one_after_the_other() {
    let block = [message(1, b"five."), message(2, b"")].concat();
    let found: Vec<usize> = messages(&block).map(|(_, body)| body.len()).collect();
    assert_eq!(found, [5, 0]);
    // One that says it is longer than there is, and one shorter than its header.
    assert_eq!(messages(&block[..20]).count(), 0);
    assert_eq!(messages(&[4, 0, 0, 0]).count(), 0);
}

#[test]
fn errors_are_positive() {
    // ENODEV is 19 in both; EAGAIN is 11 here and 35 there.
    for (host, guest) in [(0, 0), (-19, 19), (-11, 35)] {
        let host: i32 = host;
        let said = reply::to_guest(NETLINK_ROUTE, &message(2, &host.to_le_bytes()));
        assert_eq!(said[HEADER..HEADER + 4], [guest, 0, 0, 0]);
    }
}

#[test]
fn a_route_says_what_freebsd_would() {
    // A default route of the main table, by 192.0.2.1 on interface 3.
    let mut body = alloc::vec![2, 0, 0, 0, 254, 16, 0, 1, 0, 0, 0, 0];
    for (kind, value) in [
        (15u8, [254, 0, 0, 0]),
        (5, [192, 0, 2, 1]),
        (4, [3, 0, 0, 0]),
    ] {
        body.extend([8, 0, kind, 0]);
        body.extend(value);
    }
    let said = reply::to_guest(NETLINK_ROUTE, &message(24, &body));
    let (_, body) = messages(&said).next().expect("a message");
    assert_eq!(body[..12], [2, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0]);
    let found = compat_translate::host::netlink::Message { kind: 24, body };
    let found: Vec<(u16, Vec<u8>)> = found
        .attributes(12)
        .map(|(kind, value)| (kind, value.to_vec()))
        .collect();
    // RTF_UP, RTF_GATEWAY, RTF_STATIC.
    let expected: [(u16, [u8; 4]); 5] = [
        (15, [0; 4]),
        (1, [0; 4]),
        (5, [192, 0, 2, 1]),
        (14, [3, 8, 0, 0]),
        (4, [3, 0, 0, 0]),
    ];
    assert_eq!(found, expected.map(|(kind, value)| (kind, value.to_vec())));
    // Broadcasts have no route there.
    let mut broadcast = body.to_vec();
    broadcast[7] = 3;
    assert!(reply::to_guest(NETLINK_ROUTE, &message(24, &broadcast)).is_empty());
}
