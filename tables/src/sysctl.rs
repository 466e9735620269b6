//! What the tables say about a sysctl name.

use crate::Text;

/// A row of `sysctl.tbl`, or a node above one.
///
/// `S` names the values a personality computes.
#[derive(Debug)]
pub struct Sysctl<S> {
    /// The whole name: `hw.ncpu`.
    pub name: Text,
    pub(crate) oid: [i32; 8],
    pub(crate) depth: u8,
    /// More numbers follow, as in `kern.proc.pathname` and a process.
    pub takes_more: bool,
    /// The kernel's `CTLTYPE`: 1 node, 2 int, 3 string, 4 s64, 5 opaque, 6 uint, 7 long, 8 ulong, 9 u64, 15 u32.
    pub kind: u32,
    /// How `sysctl(8)` prints it: `I`, `A`, `S,timeval`.
    pub format: Text,
    /// Whether the guest's kernel lets root change it.
    pub writable: bool,
    /// Where the value comes from.
    pub value: SysctlValue<S>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub enum SysctlValue<S> {
    /// There is none: it has children.
    Node,
    /// An integer of the row's kind.
    Number(i64),
    /// A string, given out with its NUL.
    Text(Text),
    /// The personality computes it.
    Computed(S),
    /// Known by name only: a gap.
    Todo,
}

impl<S> Sysctl<S> {
    /// The number in parts: `[6, 3]`.
    pub fn oid(&self) -> &[i32] {
        self.oid.get(..usize::from(self.depth)).unwrap_or(&[])
    }
}
