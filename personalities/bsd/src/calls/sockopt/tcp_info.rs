//! `TCP_INFO` (tcp_fill_info).

use core::mem::offset_of;

use compat_tables::bsd::flags::TCP_STATE;
use compat_translate::host::socket::{self as host_socket, raw};
use zerocopy::FromZeros;

use super::{Answer, tcp};
use crate::abi::socket::TcpInfo;
use crate::error::Return;

/// The host's structure, of which an older host fills less: the rest is zero.
pub(super) struct HostInfo([u8; size_of::<raw::tcp_info>()]);

impl Default for HostInfo {
    fn default() -> Self {
        Self([0; size_of::<raw::tcp_info>()])
    }
}

impl HostInfo {
    pub(super) fn u32(&self, at: usize) -> u32 {
        let bytes = self.0.get(at..at + 4);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_ne_bytes)
    }

    fn u8(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// What the host says about a TCP socket.
pub(super) fn host(fd: u64) -> Return<HostInfo> {
    let mut info = HostInfo::default();
    host_socket::option_bytes(fd, raw::SOL_TCP, raw::TCP_INFO, &mut info.0)
        .map_err(|error| tcp::foreign(error, fd))?;
    Ok(info)
}

pub(super) fn get(fd: u64) -> Return<Answer> {
    Ok(Answer::value(&to_guest(&host(fd)?)))
}

/// Options that both sides know by the same bits: timestamps, selective acknowledgement, window scaling, congestion
/// notification.
const OPTIONS: u8 = 0xf;

fn to_guest(host: &HostInfo) -> TcpInfo {
    macro_rules! field {
        ($name:ident) => {
            host.u32(offset_of!(raw::tcp_info, $name))
        };
    }
    let state = host.u8(offset_of!(raw::tcp_info, tcpi_state));
    let mss = field!(tcpi_snd_mss);
    // The host counts milliseconds, FreeBSD microseconds.
    let micros = |millis: u32| millis.saturating_mul(1000);
    TcpInfo {
        state: TCP_STATE.to_guest(i64::from(state)).unwrap_or_default() as u8,
        options: host.u8(offset_of!(raw::tcp_info, tcpi_options)) & OPTIONS,
        wscale: host.u8(offset_of!(raw::tcp_info, _bitfield_1)),
        rto: field!(tcpi_rto),
        snd_mss: mss,
        rcv_mss: field!(tcpi_rcv_mss),
        last_data_sent: micros(field!(tcpi_last_data_sent)),
        last_data_recv: micros(field!(tcpi_last_data_recv)),
        last_ack_recv: micros(field!(tcpi_last_ack_recv)),
        rtt: field!(tcpi_rtt),
        rttvar: field!(tcpi_rttvar),
        // Segments there, bytes here.
        snd_ssthresh: field!(tcpi_snd_ssthresh).saturating_mul(mss),
        snd_cwnd: field!(tcpi_snd_cwnd).saturating_mul(mss),
        rcv_space: field!(tcpi_rcv_space),
        snd_wnd: field!(tcpi_snd_wnd),
        snd_rexmitpack: field!(tcpi_total_retrans),
        rcv_ooopack: field!(tcpi_rcv_ooopack),
        ..TcpInfo::new_zeroed()
    }
}
