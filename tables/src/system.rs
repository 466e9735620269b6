//! What every system's module has besides its generated tables.

/// The body of the module of a system: what is generated from the tables of the folder `$os`, and how to look it up.
macro_rules! system {
    ($os:literal) => {
        use crate::trace::Tracer;
        use crate::{Call, DefaultAction, Sysctl, SysctlValue};

        include!(concat!(env!("OUT_DIR"), "/", $os, ".rs"));

        /// Prints calls with this system's names.
        pub static TRACER: Tracer = Tracer {
            signal: |number| Some(Signal::from_repr(number)?.name()),
            errno: |number| errno_named(number).map(|errno| (errno.name(), errno.message())),
        };

        /// The row of a call's number.
        pub fn call(number: u32) -> Option<&'static Call> {
            let row = *ROW_OF.get(usize::try_from(number).ok()?)?;
            CALLS.get(usize::from(row))
        }

        /// How many arguments the call of a number takes, in registers and on the stack; 0 for an unknown one. Asked at
        /// every call, it does not look at the row.
        pub fn argument_count(number: u32) -> usize {
            let place = usize::try_from(number).ok();
            let count = place.and_then(|place| ARGUMENTS_OF.get(place));
            count.copied().map_or(0, usize::from)
        }

        /// The row of a call's symbol: `fstatat`, `freebsd11_stat`, `ostat`. Calls that are gone have none.
        pub fn call_named(symbol: &str) -> Option<&'static Call> {
            call(u32::from(*NUMBER_OF.get(symbol)?))
        }

        /// The name with this number, and the numbers that follow it where it takes more.
        pub fn sysctl(oid: &[i32]) -> Option<(&'static Sysctl<SysctlSource>, &[i32])> {
            (1..=oid.len()).rev().find_map(|depth| {
                let (own, more) = oid.split_at_checked(depth)?;
                let index = SYSCTLS
                    .binary_search_by(|sysctl| sysctl.oid().cmp(own))
                    .ok()?;
                let sysctl = SYSCTLS.get(index)?;
                (more.is_empty() || sysctl.takes_more).then_some((sysctl, more))
            })
        }

        /// The name itself: `hw.ncpu`.
        pub fn sysctl_named(name: &str) -> Option<&'static Sysctl<SysctlSource>> {
            SYSCTLS.get(usize::from(*SYSCTL_OF.get(name)?))
        }

        /// The leaf that follows this number, which need not exist, in the kernel's order.
        pub fn sysctl_after(oid: &[i32]) -> Option<&'static Sysctl<SysctlSource>> {
            let start = SYSCTLS.partition_point(|sysctl| sysctl.oid() <= oid);
            let mut rest = SYSCTLS.get(start..).unwrap_or(&[]).iter();
            rest.find(|sysctl| !matches!(sysctl.value, SysctlValue::Node))
        }

        /// The number this system has for an error.
        pub fn errno_number(errno: Errno) -> u16 {
            ERRNO_NUMBER
                .get(usize::from(errno.number()))
                .copied()
                .unwrap_or_default()
        }

        /// The error with this number.
        pub fn errno_named(number: u16) -> Option<Errno> {
            *ERRNO_NAMED.get(usize::from(number))?
        }

        impl Signal {
            /// The guest's number.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The symbolic name.
            pub fn name(self) -> &'static str {
                self.into()
            }
        }

        /// Signals by raw number, since most have no name.
        pub mod signal {
            use super::{
                DefaultAction, SIGNAL_ACTION, SIGNAL_FROM_HOST, SIGNAL_MAX, SIGNAL_TO_HOST,
            };

            /// The host signal that carries a guest's; `None` if none does.
            pub fn to_host(guest: u8) -> Option<u8> {
                SIGNAL_TO_HOST
                    .get(usize::from(guest))
                    .copied()
                    .filter(|host| *host != 0)
            }

            /// The guest signal a host's stands for; `None` for a number that is no signal.
            pub fn from_host(host: u8) -> Option<u8> {
                SIGNAL_FROM_HOST
                    .get(usize::from(host))
                    .copied()
                    .filter(|guest| *guest != 0)
            }

            /// What the guest's kernel does by default.
            pub fn default_action(guest: u8) -> DefaultAction {
                SIGNAL_ACTION
                    .get(usize::from(guest))
                    .copied()
                    .unwrap_or(DefaultAction::Terminate)
            }

            /// Whether the guest's kernel takes this number at all.
            pub const fn is_valid(guest: u8) -> bool {
                guest != 0 && guest <= SIGNAL_MAX
            }
        }
    };
}

pub(crate) use system;
