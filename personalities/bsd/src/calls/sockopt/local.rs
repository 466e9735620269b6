//! `SOL_LOCAL` (uipc_ctloutput).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::local_option;
use compat_translate::Cx;
use compat_translate::host::socket::{self as host_socket, raw};
use zerocopy::IntoBytes;

use super::{Answer, Given};
use crate::abi::socket::Xucred;
use crate::calls::transfer::PERSISTENT_MARK;
use crate::error::Return;

/// Whether arriving messages carry credentials, and whether all of them do.
fn wanted(fd: u64) -> Return<(bool, bool)> {
    let on = |name| host_socket::option(fd, raw::SOL_SOCKET, name).map(|value| value != 0);
    let some = on(raw::SO_PASSCRED)?;
    Ok((some, some && on(PERSISTENT_MARK)?))
}

pub(super) fn set(cx: &mut Cx, fd: u64, name: i32, given: Given) -> Return<()> {
    let on = match name {
        local_option::LOCAL_CREDS
        | local_option::LOCAL_CREDS_PERSISTENT
        | local_option::LOCAL_CONNWAIT => given.int()? != 0,
        _ => return Err(Errno::ENOPROTOOPT.into()),
    };
    if name == local_option::LOCAL_CONNWAIT {
        if on {
            // A connect that waits for the accept: the host's never does.
            cx.gap("setsockopt: LOCAL_CONNWAIT", ());
        }
        return Ok(());
    }
    let persistent = name == local_option::LOCAL_CREDS_PERSISTENT;
    let (some, all) = wanted(fd)?;
    if on && some && all != persistent {
        // They exclude each other.
        return Err(Errno::EINVAL.into());
    }
    if on || all == persistent {
        host_socket::set_option(
            fd,
            raw::SOL_SOCKET,
            PERSISTENT_MARK,
            i32::from(on && persistent),
        )?;
        host_socket::set_option(fd, raw::SOL_SOCKET, raw::SO_PASSCRED, i32::from(on))?;
    }
    Ok(())
}

pub(super) fn get(fd: u64, name: i32) -> Return<Answer> {
    let value = match name {
        local_option::LOCAL_PEERCRED => return peer(fd).map(|peer| Answer::value(&peer)),
        local_option::LOCAL_CREDS => wanted(fd)? == (true, false),
        local_option::LOCAL_CREDS_PERSISTENT => wanted(fd)?.1,
        local_option::LOCAL_CONNWAIT => false,
        _ => return Err(Errno::EOPNOTSUPP.into()),
    };
    Ok(Answer::int(i32::from(value)))
}

/// Who is at the other end: effective ids, and the groups with the effective one first.
fn peer(fd: u64) -> Return<Xucred> {
    let mut ucred = [0i32; 3];
    host_socket::option_bytes(fd, raw::SOL_SOCKET, raw::SO_PEERCRED, ucred.as_mut_bytes())?;
    let [pid, uid, gid] = ucred;
    if pid == 0 && uid == -1 {
        let stream = host_socket::kind(fd)? == raw::SOCK_STREAM;
        return Err(if stream {
            Errno::ENOTCONN.into()
        } else {
            Errno::EINVAL.into()
        });
    }
    let mut groups = [0u32; 16];
    let mut supplementary = [0u32; 64];
    // More groups than fit are an error of the host's; the effective one is known all the same.
    let bytes = supplementary.as_mut_bytes();
    let found = host_socket::option_bytes(fd, raw::SOL_SOCKET, raw::SO_PEERGROUPS, bytes);
    let found = supplementary.iter().take(found.unwrap_or(0) / 4);
    let others = found.copied().filter(|&group| group != gid as u32);
    let mut count = 0;
    for (slot, group) in groups
        .iter_mut()
        .zip(core::iter::once(gid as u32).chain(others))
    {
        *slot = group;
        count += 1;
    }
    Ok(Xucred {
        version: 0,
        uid: uid as u32,
        ngroups: count,
        pad0: 0,
        groups,
        pad1: 0,
        pid,
        pad2: 0,
    })
}
