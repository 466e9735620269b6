//! The system as a whole: what it is called, and what nobody here reads.

use compat_bsd::abi::statfs::name;
use compat_translate::Cx;
use compat_translate::guest::Out;

use crate::abi::unistd::Utsname;
use crate::error::Return;
use crate::image;

pub(crate) fn uname(cx: &mut Cx, found: Out<Utsname>) -> Return<()> {
    let release = image::release(&cx.process().settings);
    let version = alloc::format!("DragonFly {release}");
    let host = compat_bsd::machine::hostname();
    let names: Utsname = [
        name(b"DragonFly"),
        name(&host),
        name(release.as_bytes()),
        name(version.as_bytes()),
        name(b"x86_64"),
    ];
    Ok(found.write(&names)?)
}

pub(crate) fn ogetpagesize(_cx: &mut Cx) -> Return<i32> {
    Ok(4096)
}

/// Goes into a trace of the process, and nobody takes one.
pub(crate) fn utrace(_cx: &mut Cx, _address: u64, _length: u64) -> Return<()> {
    Ok(())
}

/// `madvise` with a value, which only the advice for nested page tables reads.
pub(crate) fn mcontrol(
    cx: &mut Cx,
    address: u64,
    length: u64,
    advice: i32,
    _value: u64,
) -> Return<()> {
    super::madvise(cx, address, length, advice)
}
