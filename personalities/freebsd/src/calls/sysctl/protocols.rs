//! `net.inet.*.stats`: what the protocols have counted (`struct tcpstat`, `udpstat`, `ipstat`, `icmpstat`).
//!
//! Each structure is a row of 64-bit counters. What the host counts by another name is put where it belongs; the rest is
//! 0.

use alloc::vec::Vec;

use compat_bsd::statistics::counters::{Counter, bytes, counted, row};
use compat_translate::Cx;

use super::release::of_program;

const TCP: [Counter; 20] = [
    // tcps_connattempt, tcps_accepts, tcps_connects, tcps_drops, tcps_conndrops
    (0, &["ActiveOpens"]),
    (1, &["PassiveOpens"]),
    (2, &["ActiveOpens", "PassiveOpens"]),
    (3, &["EstabResets"]),
    (4, &["AttemptFails"]),
    // tcps_delack, tcps_timeoutdrop, tcps_rexmttimeo
    (9, &["DelayedACKs"]),
    (10, &["TCPAbortOnTimeout"]),
    (11, &["TCPTimeouts"]),
    // tcps_sndtotal, tcps_sndpack, tcps_sndrexmitpack, tcps_sndctrl
    (16, &["OutSegs", "RetransSegs"]),
    (17, &["OutSegs"]),
    (19, &["RetransSegs"]),
    (26, &["OutRsts"]),
    // tcps_rcvtotal, tcps_rcvbadsum, tcps_rcvoopack, tcps_pawsdrop
    (27, &["InSegs"]),
    (30, &["InCsumErrors"]),
    (38, &["TCPOFOQueue"]),
    (49, &["PAWSEstab"]),
    // tcps_listendrop, tcps_sc_sendcookie, tcps_sc_recvcookie, tcps_sack_recovery_episode
    (62, &["ListenDrops"]),
    (77, &["SyncookiesSent"]),
    (78, &["SyncookiesRecv"]),
    (82, &["TCPSackRecovery"]),
];

const UDP: [Counter; 5] = [
    // udps_ipackets, udps_badsum, udps_noport, udps_fullsock, udps_opackets
    (0, &["InDatagrams", "NoPorts", "InErrors"]),
    (2, &["InCsumErrors"]),
    (5, &["NoPorts"]),
    (7, &["RcvbufErrors"]),
    (10, &["OutDatagrams"]),
];

const IP: [Counter; 13] = [
    // ips_total, ips_fragments, ips_fragdropped, ips_fragtimeout, ips_forward, ips_cantforward
    (0, &["InReceives"]),
    (6, &["ReasmReqds"]),
    (7, &["ReasmFails"]),
    (8, &["ReasmTimeout"]),
    (9, &["ForwDatagrams"]),
    (11, &["InAddrErrors"]),
    // ips_noproto, ips_delivered, ips_localout, ips_odropped
    (13, &["InUnknownProtos"]),
    (14, &["InDelivers"]),
    (15, &["OutRequests"]),
    (16, &["OutDiscards"]),
    // ips_reassembled, ips_fragmented, ips_noroute
    (17, &["ReasmOKs"]),
    (18, &["FragOKs"]),
    (22, &["OutNoRoutes"]),
];

/// Which protocol is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Tcp,
    Udp,
    Ip,
    Icmp,
}

/// The whole structure.
pub(super) fn counters(cx: &Cx, protocol: Protocol) -> Vec<u8> {
    match protocol {
        // It has grown since FreeBSD 10.
        Protocol::Tcp if (1..1_100_000).contains(&of_program(cx, 0)) => {
            row(110, &TCP, &["Tcp", "TcpExt"])
        }
        Protocol::Tcp => row(113, &TCP, &["Tcp", "TcpExt"]),
        Protocol::Udp => row(14, &UDP, &["Udp"]),
        Protocol::Ip => row(29, &IP, &["Ip"]),
        Protocol::Icmp => icmp(),
    }
}

/// Sent messages of each type from place 3, received ones from place 49, up to ICMP_MAXTYPE.
fn icmp() -> Vec<u8> {
    const TYPES: usize = 41;
    let mut row = alloc::vec![0u64; 94];
    for (name, count) in counted(&["IcmpMsg", "Icmp"]) {
        let place = match (name.strip_prefix("OutType"), name.strip_prefix("InType")) {
            (Some(kind), _) => kind
                .parse()
                .ok()
                .filter(|&kind: &usize| kind < TYPES)
                .map(|kind| 3 + kind),
            (_, Some(kind)) => kind
                .parse()
                .ok()
                .filter(|&kind: &usize| kind < TYPES)
                .map(|kind| 49 + kind),
            // icps_checksum
            _ if name == "InCsumErrors" => Some(46),
            _ => None,
        };
        if let Some(slot) = place.and_then(|place| row.get_mut(place)) {
            *slot = count;
        }
    }
    bytes(&row)
}
