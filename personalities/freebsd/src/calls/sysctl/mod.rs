//! `sysctl` (kern_sysctl.c). The tree is `tables/freebsd/sysctl.tbl`; [`values`] computes what is not a constant there,
//! [`process`] does so for `kern.proc`.

mod devices;
mod files;
mod kinfo;
mod mappings;
pub(super) mod neighbours;
mod open_files;
mod process;
mod protocols;
mod release;
pub(super) mod routes;
mod sockets;
mod storage;
mod sysv;
mod values;
mod xsocket;

use alloc::vec::Vec;

use compat_bsd::sysctl::{self as family, Tree};
use compat_tables::Sysctl;
use compat_tables::freebsd::{self as tables, SysctlSource};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

use crate::error::Return;

use compat_bsd::sysctl::{Request, give, sized, terminated};

/// FreeBSD's names.
struct Names;

impl Tree for Names {
    type Source = SysctlSource;

    fn row(oid: &[i32]) -> Option<(&'static Sysctl<SysctlSource>, &[i32])> {
        tables::sysctl(oid)
    }

    fn named(name: &str) -> Option<&'static Sysctl<SysctlSource>> {
        tables::sysctl_named(name)
    }

    fn after(oid: &[i32]) -> Option<&'static Sysctl<SysctlSource>> {
        tables::sysctl_after(oid)
    }

    fn compute(
        cx: &mut Cx,
        source: SysctlSource,
        row: &Sysctl<SysctlSource>,
        more: &[i32],
        request: Request,
    ) -> Return<Vec<u8>> {
        values::compute(cx, source, row, more, request)
    }

    /// Programs from when the counters of vm.stats were `u_int` get that (sysctl_handle_vmstat).
    fn fit(row: &Sysctl<SysctlSource>, request: Request, value: &mut Vec<u8>) -> Return<()> {
        if row.name.as_str().starts_with("vm.stats.")
            && request.old != 0
            && request.old_len != 0
            && guest::load_u64(request.old_len)? == 4
        {
            value.truncate(4);
        }
        Ok(())
    }

    fn change(
        cx: &mut Cx,
        source: SysctlSource,
        more: &[i32],
        request: Request,
    ) -> Option<Return<()>> {
        values::change(cx, source, more, request)
    }
}

pub(crate) fn __sysctl(
    cx: &mut Cx,
    name: In<i32>,
    parts: u32,
    old: u64,
    old_len: u64,
    new: u64,
    new_len: u64,
) -> Return<()> {
    let request = Request {
        old,
        old_len,
        new,
        new_len,
    };
    family::sysctl::<Names>(cx, name, parts, request)
}

pub(crate) fn __sysctlbyname(
    cx: &mut Cx,
    name: u64,
    name_len: u64,
    old: u64,
    old_len: u64,
    new: u64,
    new_len: u64,
) -> Return<()> {
    let request = Request {
        old,
        old_len,
        new,
        new_len,
    };
    family::by_name::<Names>(cx, name, name_len, request)
}

/// The whole value of `oid`, for calls that are questions to this tree in another dress.
pub(super) fn ask(cx: &mut Cx, oid: &[i32]) -> Return<Vec<u8>> {
    family::ask::<Names>(cx, oid)
}

/// The same into a buffer of the guest, whose size is stored at `old_len`.
pub(super) fn ask_into(cx: &mut Cx, oid: &[i32], old: u64, old_len: u64) -> Return<()> {
    let request = Request {
        old,
        old_len,
        ..Request::default()
    };
    family::read_or_write::<Names>(cx, oid, request)
}

/// Sets `oid` to the `new_len` bytes at `new`.
pub(super) fn change(cx: &mut Cx, oid: &[i32], new: u64, new_len: u64) -> Return<()> {
    let request = Request {
        new,
        new_len,
        ..Request::default()
    };
    family::read_or_write::<Names>(cx, oid, request)
}
