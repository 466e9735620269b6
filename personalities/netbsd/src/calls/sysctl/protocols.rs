//! `net.inet.*.stats`, `net.inet6.*.stats`: what the protocols have counted.
//!
//! Each list is a row of 64-bit counters, numbered in `<netinet/tcp_var.h>` and its neighbours. What the host counts by
//! another name is put where it belongs; the rest is 0.

use alloc::vec::Vec;

use compat_bsd::statistics::counters::{Counter, V6, bytes, counted, row};

const TCP: [Counter; 20] = [
    // CONNATTEMPT, ACCEPTS, CONNECTS, DROPS, CONNDROPS
    (0, &["ActiveOpens"]),
    (1, &["PassiveOpens"]),
    (2, &["ActiveOpens", "PassiveOpens"]),
    (3, &["EstabResets"]),
    (4, &["AttemptFails"]),
    // DELACK, TIMEOUTDROP, REXMTTIMEO, KEEPPROBE
    (8, &["DelayedACKs"]),
    (9, &["TCPAbortOnTimeout"]),
    (10, &["TCPTimeouts"]),
    (13, &["TCPKeepAlive"]),
    // SNDTOTAL, SNDPACK, SNDREXMITPACK, SNDCTRL
    (18, &["OutSegs", "RetransSegs"]),
    (19, &["OutSegs"]),
    (21, &["RetransSegs"]),
    (27, &["OutRsts"]),
    // RCVTOTAL, RCVBADSUM, RCVOOPACK, PAWSDROP
    (28, &["InSegs"]),
    (31, &["InCsumErrors"]),
    (39, &["TCPOFOQueue"]),
    (50, &["PAWSEstab"]),
    // PREDACK, SC_OVERFLOWED, SC_RETRANSMITTED
    (51, &["TCPHPAcks"]),
    (60, &["ListenDrops"]),
    (68, &["TCPSynRetrans"]),
];

const UDP: [Counter; 5] = [
    // IPACKETS, BADSUM, NOPORT, FULLSOCK, OPACKETS
    (0, &["InDatagrams", "NoPorts", "InErrors"]),
    (2, &["InCsumErrors"]),
    (4, &["NoPorts"]),
    (6, &["RcvbufErrors"]),
    (8, &["OutDatagrams"]),
];

const UDP6: [Counter; 5] = [
    (0, &["Udp6InDatagrams", "Udp6NoPorts", "Udp6InErrors"]),
    (2, &["Udp6InCsumErrors"]),
    (5, &["Udp6NoPorts"]),
    (7, &["Udp6RcvbufErrors"]),
    (9, &["Udp6OutDatagrams"]),
];

const IP: [Counter; 13] = [
    // TOTAL, FRAGMENTS, FRAGDROPPED, FRAGTIMEOUT, FORWARD, CANTFORWARD
    (0, &["InReceives"]),
    (6, &["ReasmReqds"]),
    (7, &["ReasmFails"]),
    (8, &["ReasmTimeout"]),
    (9, &["ForwDatagrams"]),
    (11, &["InAddrErrors"]),
    // NOPROTO, DELIVERED, LOCALOUT, ODROPPED
    (13, &["InUnknownProtos"]),
    (14, &["InDelivers"]),
    (15, &["OutRequests"]),
    (16, &["OutDiscards"]),
    // REASSEMBLED, FRAGMENTED, NOROUTE
    (17, &["ReasmOKs"]),
    (18, &["FragOKs"]),
    (22, &["OutNoRoutes"]),
];

const IP6: [Counter; 12] = [
    // TOTAL, FRAGMENTS, FRAGDROPPED, FRAGTIMEOUT, FORWARD, CANTFORWARD
    (0, &["Ip6InReceives"]),
    (3, &["Ip6ReasmReqds"]),
    (4, &["Ip6ReasmFails"]),
    (5, &["Ip6ReasmTimeout"]),
    (7, &["Ip6OutForwDatagrams"]),
    (8, &["Ip6InAddrErrors"]),
    // DELIVERED, LOCALOUT, ODROPPED
    (10, &["Ip6InDelivers"]),
    (11, &["Ip6OutRequests"]),
    (12, &["Ip6OutDiscards"]),
    // REASSEMBLED, FRAGMENTED, NOROUTE
    (13, &["Ip6ReasmOKs"]),
    (14, &["Ip6FragOKs"]),
    (18, &["Ip6OutNoRoutes"]),
];

pub(super) fn tcp() -> Vec<u8> {
    row(76, &TCP, &["Tcp", "TcpExt"])
}

pub(super) fn udp() -> Vec<u8> {
    row(9, &UDP, &["Udp"])
}

pub(super) fn udp6() -> Vec<u8> {
    row(10, &UDP6, &[V6])
}

pub(super) fn ip() -> Vec<u8> {
    row(30, &IP, &["Ip"])
}

pub(super) fn ip6() -> Vec<u8> {
    row(IP6_NSTATS, &IP6, &[V6])
}

const IP6_NSTATS: usize = 402;

/// A few counters, then sent and received messages of each type up to ICMP_MAXTYPE.
pub(super) fn icmp() -> Vec<u8> {
    const OUTHIST: usize = 16;
    const TYPES: usize = 41;
    /// CHECKSUM
    const FAULTY: usize = 5;
    by_type(
        &["IcmpMsg", "Icmp"],
        "",
        FAULTY,
        [OUTHIST, OUTHIST + TYPES],
        TYPES,
    )
}

/// The same with 256 types each.
pub(super) fn icmp6() -> Vec<u8> {
    const TYPES: usize = 256;
    /// OUTHIST and INHIST; CHECKSUM
    const HISTOGRAMS: [usize; 2] = [3, 264];
    const NSTATS: usize = 542;
    const FAULTY: usize = 261;
    let mut row = by_type(&[V6], "Icmp6", FAULTY, HISTOGRAMS, TYPES);
    row.resize(8 * NSTATS, 0);
    row
}

fn by_type(
    groups: &[&str],
    prefix: &str,
    faulty: usize,
    [sent, received]: [usize; 2],
    types: usize,
) -> Vec<u8> {
    let mut row = alloc::vec![0u64; received + types];
    for (name, count) in counted(groups) {
        let Some(name) = name.strip_prefix(prefix) else {
            continue;
        };
        let numbered = |start: &str, first: usize| {
            let kind: usize = name.strip_prefix(start)?.parse().ok()?;
            (kind < types).then_some(first + kind)
        };
        let place = numbered("OutType", sent)
            .or_else(|| numbered("InType", received))
            .or_else(|| (name == "InCsumErrors").then_some(faulty));
        if let Some(slot) = place.and_then(|place| row.get_mut(place)) {
            *slot = count;
        }
    }
    bytes(&row)
}
