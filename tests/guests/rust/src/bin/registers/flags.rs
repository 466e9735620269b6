//! The two flags that make ordinary instructions fault. They are the program's, never the kernel's.

use core::arch::asm;

use compat_guests::probe::{self, CARRY};
use compat_guests::signal::{self, Context, Info, SIGTRAP, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

use crate::calls::{Outcome, arrange, returned};
use crate::states;

const ALIGNMENT: u64 = 0x4_0000;
const STEP: u64 = 0x100;

/// On during calls of every kind, and across a handler that runs with it on.
pub(crate) fn alignment_check() {
    signal::handle_by_scrambling(SIGUSR1, 0);
    let pid = sys::pid();
    let time = [0u64; 4];
    let name = c"/dev/null".as_ptr() as u64;
    let calls: [(u64, &[u64], Outcome); 6] = [
        (sys::GETPID, &[], Outcome::Value(pid)),
        (sys::CLOSE, &[u64::MAX], Outcome::Error(sys::EBADF)),
        // To an odd address.
        (
            sys::GETTIMEOFDAY,
            &[time.as_ptr() as u64 + 1, 0],
            Outcome::Value(0),
        ),
        (
            sys::SIGPROCMASK,
            &[1, time.as_ptr() as u64 + 3, 0],
            Outcome::Value(0),
        ),
        (sys::OPEN, &[name, 0, 0], Outcome::Any),
        (sys::KILL, &[pid, 30], Outcome::Value(0)),
    ];
    for (number, args, outcome) in calls {
        for (site, seed) in
            probe::sites(number).flat_map(|site| (1..=10).map(move |seed| (site, seed)))
        {
            let (set, get) = states();
            set.fill(seed);
            set.rflags |= ALIGNMENT;
            arrange(set, number, args);
            probe::run(site, set, get);
            let loose: &[usize] = if number == sys::KILL {
                &[probe::R8, probe::R9, probe::R10]
            } else {
                &[]
            };
            get.must_be(
                &returned(set, get, outcome),
                loose,
                "a call with the alignment check on",
            );
        }
    }
}

static STEPS: Shared<u64> = Shared::new(0);
static OUTSIDE: Shared<u64> = Shared::new(0);

extern "C" fn counts(_: u32, info: &mut Info, context: &mut Context) {
    assert_eq!(info.code, 2, "TRAP_TRACE");
    STEPS.store(STEPS.load() + 1);
    let [from, to] = PLACE.load();
    if !(from..=to).contains(&context.machine.rip) {
        OUTSIDE.store(context.machine.rip);
    }
    // The last step is the one that turns stepping off.
    assert!(context.machine.rflags & STEP != 0 || context.machine.rip == to);
}

static PLACE: Shared<[u64; 2]> = Shared::new([0; 2]);

/// A program that steps through itself sees its own instructions, and calls as one of them.
pub(crate) fn single_step() {
    signal::handle(SIGTRAP, counts, 0, Set::EMPTY);
    let pid = sys::pid();
    for round in 0..20 {
        STEPS.store(0);
        let (value, flags): (u64, u64);
        unsafe {
            asm!(
                "lea {t}, [rip + 21f]",
                "mov [{p}], {t}",
                "lea {t}, [rip + 22f]",
                "mov [{p} + 8], {t}",
                "pushfq",
                "or qword ptr [rsp], 0x100",
                "popfq",
                "21:",
                "nop",
                ".p2align 4",
                "mov eax, 20",
                "syscall",
                "nop",
                "pushfq",
                "pop {f}",
                "and {f}, {mask}",
                "push {f}",
                "popfq",
                "22:",
                "nop",
                t = out(reg) _, p = in(reg) PLACE.get(), f = out(reg) flags, mask = const !(STEP as i64),
                out("rax") value, out("rcx") _, out("r11") _, out("r8") _, out("r9") _, out("r10") _,
                out("rdx") _, out("rdi") _, out("rsi") _,
            );
        }
        assert_eq!(value, pid, "round {round}");
        assert_eq!(flags & CARRY, 0);
        assert_eq!(OUTSIDE.load(), 0, "a step outside the program");
        assert!(STEPS.load() >= 7, "round {round}: {} steps", STEPS.load());
    }
}
