//! From argument registers to types, and from results to registers. The rows of `calls.tbl` expand to these names.

use compat_tables::bsd::Errno;
use compat_tables::{Call, FlagSet, ValueMap};
use compat_translate::guest::{In, InOut, Out, Path};
use compat_translate::host::linux;
use compat_translate::{Cx, Outcome};

use crate::error::{Error, Return};
use crate::system::system;

/// A descriptor argument. Numbers that belong to us do not exist for the guest: see [`Fd::checked`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fd(pub i32);

impl Fd {
    /// The host's number for this descriptor.
    ///
    /// # Errors
    /// `EBADF` when the number is one of ours.
    pub fn checked(self, cx: &Cx) -> Return<u64> {
        if cx.process().objects.hides(self.0) {
            Err(Errno::EBADF.into())
        } else {
            Ok(i64::from(self.0) as u64)
        }
    }
}

/// A directory descriptor argument of an `*at` call. `AT_FDCWD` is -100 here as on the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtFd(pub i32);

impl AtFd {
    /// See [`Fd::checked`].
    ///
    /// # Errors
    /// `EBADF`.
    pub fn checked(self, cx: &Cx) -> Return<u64> {
        Fd(self.0).checked(cx)
    }
}

/// How a handler's parameter is made from its register.
pub trait FromArg {
    /// The value; every register content makes one.
    fn from_arg(raw: u64) -> Self;
}

macro_rules! integers {
    ($($kind:ty),*) => { $(impl FromArg for $kind { fn from_arg(raw: u64) -> Self { raw as $kind } })* };
}
integers!(i16, i32, i64, u16, u32, u64, usize);

impl FromArg for Fd {
    fn from_arg(raw: u64) -> Self {
        if raw as i32 == linux::AT_FDCWD {
            // Where one file is asked about, the host would take it for the working directory. Any other number below
            // zero is as good, but -1, which `mmap` knows.
            Self(-2)
        } else {
            Self(raw as i32)
        }
    }
}

impl FromArg for AtFd {
    fn from_arg(raw: u64) -> Self {
        if raw as i32 == system().at_fdcwd {
            Self(linux::AT_FDCWD)
        } else if raw as i32 == linux::AT_FDCWD {
            // What means the working directory to the host is no descriptor here.
            Self(-1)
        } else {
            Self(raw as i32)
        }
    }
}

impl FromArg for Path {
    fn from_arg(raw: u64) -> Self {
        Self(raw)
    }
}

impl<T> FromArg for In<T> {
    fn from_arg(raw: u64) -> Self {
        Self::new(raw)
    }
}

impl<T> FromArg for Out<T> {
    fn from_arg(raw: u64) -> Self {
        Self::new(raw)
    }
}

impl<T> FromArg for InOut<T> {
    fn from_arg(raw: u64) -> Self {
        Self::new(raw)
    }
}

/// What a handler's result becomes.
pub trait IntoOutcome {
    /// The registers.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Outcome::Value(0)
    }
}

macro_rules! values {
    ($($kind:ty),*) => {
        $(impl IntoOutcome for $kind { fn into_outcome(self) -> Outcome { Outcome::Value(i64::from(self) as u64) } })*
    };
}
values!(i32, u32, i64);

impl IntoOutcome for u64 {
    fn into_outcome(self) -> Outcome {
        Outcome::Value(self)
    }
}

impl IntoOutcome for usize {
    fn into_outcome(self) -> Outcome {
        Outcome::Value(self as u64)
    }
}

impl IntoOutcome for Fd {
    fn into_outcome(self) -> Outcome {
        Outcome::Value(self.0 as u64)
    }
}

impl IntoOutcome for (u32, u32) {
    fn into_outcome(self) -> Outcome {
        Outcome::Two(self.0, self.1)
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl IntoOutcome for core::convert::Infallible {
    fn into_outcome(self) -> Outcome {
        match self {}
    }
}

pub fn arg<T: FromArg>(raw: u64) -> T {
    T::from_arg(raw)
}

pub fn outcome<T: IntoOutcome>(result: Return<T>) -> Return<Outcome> {
    result.map(IntoOutcome::into_outcome)
}

// The lowerings of `same` rows, one a parameter type of the table.

pub fn fd(cx: &mut Cx, raw: u64) -> Return<u64> {
    Fd::from_arg(raw).checked(cx)
}

#[allow(dead_code, reason = "as below")]
pub fn at_fd(cx: &mut Cx, raw: u64) -> Return<u64> {
    AtFd::from_arg(raw).checked(cx)
}

macro_rules! passed_on {
    ($($name:ident: $kind:ty),* $(,)?) => {
        $(#[allow(dead_code, reason = "one a type of the table, whether a row uses it or not")]
        #[allow(clippy::unnecessary_wraps, reason = "all lowerings have one shape")]
        pub fn $name(_: &mut Cx, raw: u64) -> Return<u64> { Ok(raw as $kind as u64) })*
    };
}
passed_on! {
    int: i32, uint: u32, long: i64, ulong: u64, dev: u64, size: u64, off: i64, mode: u32, pid: i32, uid: u32, gid: u32, id: i64,
    ptr: u64, path: u64,
}

#[allow(dead_code, reason = "as above")]
pub fn sig(_: &mut Cx, raw: u64) -> Return<u64> {
    let signal = u8::try_from(raw).map_err(|_| Error(Errno::EINVAL))?;
    if signal == 0 {
        return Ok(0);
    }
    crate::signals::to_host(signal)
        .map(u64::from)
        .ok_or(Error(Errno::EINVAL))
}

#[allow(dead_code, reason = "as above")]
pub fn flags(_: &mut Cx, set: &'static FlagSet, raw: u64) -> Return<u64> {
    // Flags are C ints: the upper half of the register is whatever the guest left there.
    set.to_host(u64::from(raw as u32))
        .map_err(|_| refusal(set.refusal))
}

#[allow(dead_code, reason = "as above")]
pub fn value(_: &mut Cx, map: &'static ValueMap, raw: u64) -> Return<u64> {
    map.to_host(i64::from(raw as i32))
        .map(|value| value as u64)
        .ok_or(refusal(map.refusal))
}

/// The bits that handlers know, for those of a system whose own differ.
#[allow(dead_code, reason = "as above")]
pub fn family_flags(set: &'static FlagSet, raw: u64) -> Return<u64> {
    set.to_host(u64::from(raw as u32))
        .map_err(|_| refusal(set.refusal))
}

/// The value that handlers know.
#[allow(dead_code, reason = "as above")]
pub fn family_value(map: &'static ValueMap, raw: u64) -> Return<u64> {
    let value = map.to_host(i64::from(raw as i32));
    // Commands with the top bit set are unsigned in the tables.
    let value = value.or_else(|| map.to_host(i64::from(raw as u32)));
    value.map(|value| value as u64).ok_or(refusal(map.refusal))
}

/// The error the table gives for a set.
fn refusal(number: u16) -> Error {
    Error(Errno::from_repr(number).unwrap_or(Errno::EINVAL))
}

/// A row that only renumbers.
pub fn same<const N: usize>(cx: &mut Cx, number: u64, args: [u64; N]) -> Return<Outcome> {
    let mut six = [0; 6];
    for (slot, arg) in six.iter_mut().zip(args) {
        *slot = arg;
    }
    // SAFETY: guest pointers are the kernel's to check, and descriptors of ours were refused by the lowering.
    Ok(Outcome::Value(unsafe { cx.host(number, six) }?))
}

/// A row that the system's own kernel refuses to an ordinary user, or has no code for.
pub fn refuse(_: &mut Cx, error: Errno) -> Return<Outcome> {
    Err(error.into())
}

/// A row that nobody has built yet.
#[allow(dead_code, reason = "there need not be one")]
pub fn todo(cx: &mut Cx, call: &'static Call) -> Return<Outcome> {
    Err(cx.gap(call.symbol.as_str(), Errno::ENOSYS.into()))
}

/// A call that the system itself no longer has.
pub fn gone(cx: &mut Cx, call: &'static Call) -> Return<Outcome> {
    Err(no_such_call(cx, call.symbol.as_str()))
}

/// A number outside the table.
pub fn unknown(cx: &mut Cx, _number: u64) -> Return<Outcome> {
    Err(no_such_call(cx, "a number no kernel of this system knows"))
}

/// The kernels send SIGSYS besides (kern_nosys, DragonFly's sys_nosys). When that ends the process, what was missing is said first.
fn no_such_call(cx: &mut Cx, what: &'static str) -> Error {
    let error = cx.gap(what, system().no_such_call.into());
    crate::calls::signal::send_sigsys(cx);
    error
}
