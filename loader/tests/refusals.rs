//! Every reason not to run a file, and what is nevertheless accepted as FreeBSD accepts it.

use compat_forge::{Layout, Program};
use compat_loader::{
    Fault, Identity, Image, ImagePlan, Machine, Os, Placement, ReadAt, ReadError, Refusal,
    identify, plan, runnable, supported,
};

const LOAD: u32 = 1;
const INTERP: u32 = 3;
const PHDR: u32 = 6;
const GNU_STACK: u32 = 0x6474_e551;

fn image(bytes: &[u8]) -> Result<Image, Refusal> {
    match identify(&bytes.to_vec(), None)? {
        Identity::Elf(image) => Ok(image),
        Identity::Other(format) => Err(Refusal::NotElf(format)),
        Identity::Script(_) => panic!("a script"),
    }
}

fn planned(bytes: &[u8]) -> Result<ImagePlan, Refusal> {
    plan(&bytes.to_vec(), &image(bytes)?)
}

/// The refusal of a FreeBSD program changed by `change`, which must be one printable line.
#[track_caller]
fn refusal(change: impl FnOnce(&mut Layout)) -> Refusal {
    refusal_of(&Program::freebsd(), change)
}

#[track_caller]
fn refusal_of(program: &Program, change: impl FnOnce(&mut Layout)) -> Refusal {
    let refusal = changed(program, change).expect_err("it was accepted");
    let line = refusal.to_string();
    assert!(
        line.len() > 20 && !line.contains(char::is_control),
        "{line:?}"
    );
    assert!(
        line.contains(':') || line.contains(';'),
        "names no remedy: {line}"
    );
    assert!(!refusal.key().is_empty());
    refusal
}

fn changed(program: &Program, change: impl FnOnce(&mut Layout)) -> Result<ImagePlan, Refusal> {
    let mut layout = program.layout();
    change(&mut layout);
    planned(&layout.bytes())
}

#[track_caller]
fn accepted(change: impl FnOnce(&mut Layout)) -> ImagePlan {
    changed(&Program::freebsd(), change).expect("it was refused")
}

fn fault(fault: Fault) -> Refusal {
    Refusal::Image(fault)
}

#[test]
fn impossible_headers() {
    for (at, value, field) in [
        (4, 0, "EI_CLASS"),
        (4, 3, "EI_CLASS"),
        (5, 0, "EI_DATA"),
        (5, 9, "EI_DATA"),
        (6, 0, "EI_VERSION"),
    ] {
        let found = refusal(|layout| layout.ident[at] = value);
        let value = u32::from(value);
        assert_eq!(found, Refusal::BadHeader { field, value });
    }
    let found = refusal(|layout| layout.version = 7);
    let field = "e_version";
    assert_eq!(found, Refusal::BadHeader { field, value: 7 });
}

#[test]
fn files_cut_short() {
    let bytes = Program::freebsd().bytes();
    for size in [4, 15, 16, 63] {
        let found = image(&bytes[..size]).unwrap_err();
        let size = size as u64;
        assert_eq!(found, Refusal::HeaderTruncated { size });
    }
    let found = planned(&bytes[..100]).unwrap_err();
    assert_eq!(found, fault(Fault::ProgramHeadersTruncated { size: 100 }));
    let found = planned(&bytes[..0x1004]).unwrap_err();
    let (segment, end, size) = (2, 0x100a, 0x1004);
    assert_eq!(found, fault(Fault::SegmentTruncated { segment, end, size }));
}

#[test]
fn unreadable_files() {
    struct Broken;
    impl ReadAt for Broken {
        fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, ReadError> {
            Err(ReadError(5))
        }
        fn size(&self) -> u64 {
            4096
        }
    }
    let found = identify(&Broken, None).unwrap_err();
    assert_eq!(found, Refusal::Unreadable(ReadError(5)));
    assert!(found.to_string().contains("host error 5"));
}

#[test]
fn files_that_are_no_programs() {
    for kind in [1, 4, 0xfe10] {
        let mut layout = Program::freebsd().layout();
        layout.kind = kind;
        let image = image(&layout.bytes()).unwrap();
        let found = supported(&image).unwrap_err();
        assert!(matches!(found, Refusal::NotExecutable(_)), "{found}");
        assert!(matches!(
            plan(&layout.bytes(), &image),
            Err(Refusal::NotExecutable(_))
        ));
    }
    let mut library = Program {
        pie: true,
        ..Program::freebsd()
    }
    .layout();
    library.entry = 0;
    let found = supported(&image(&library.bytes()).unwrap()).unwrap_err();
    assert_eq!(found, Refusal::NotExecutable("a shared library"));
}

#[test]
fn bad_program_header_tables() {
    assert_eq!(
        refusal(|l| l.phnum = Some(0)),
        fault(Fault::NoProgramHeaders)
    );
    let found = refusal(|l| l.phentsize = 32);
    assert_eq!(found, fault(Fault::ProgramHeaderSize { found: 32 }));
    let found = refusal(|l| l.phoff = 68);
    assert_eq!(found, fault(Fault::ProgramHeadersUnaligned { offset: 68 }));
    for (offset, count) in [
        (64, 73),
        (4096, 1),
        (0x8000_0000_0000_0000, 4),
        (u64::MAX, u16::MAX),
    ] {
        let found = refusal(|l| {
            l.phoff = offset;
            l.phnum = Some(count);
        });
        let expected = Fault::ProgramHeadersOutsideFirstPage { offset, count };
        assert_eq!(found, fault(expected));
    }
    // The zeros behind the four headers written are PT_NULL; 72 are as many as the page holds.
    accepted(|l| l.phnum = Some(72));
}

#[test]
fn nothing_to_load() {
    let found = refusal(|l| l.segments.retain(|s| s.kind != LOAD));
    assert_eq!(found, fault(Fault::NothingToLoad));
    let found = refusal(|l| l.segments.iter_mut().for_each(|s| s.memory = 0));
    assert_eq!(found, fault(Fault::NothingToLoad));
}

#[test]
fn segments_with_impossible_sizes() {
    let found = refusal(|l| l.load(2).memory = 0x7ff);
    let expected = Fault::SegmentFileLargerThanMemory {
        segment: 3,
        file: 0x800,
        memory: 0x7ff,
    };
    assert_eq!(found, fault(expected));
    let found = refusal(|l| l.load(2).memory = (32 << 30) + 1);
    let memory = (32 << 30) + 1;
    assert_eq!(found, fault(Fault::SegmentTooLarge { segment: 3, memory }));
    let found = refusal(|l| l.load(1).align = 3);
    let (segment, align) = (2, 3);
    assert_eq!(found, fault(Fault::SegmentAlignment { segment, align }));
    for offset in [0x9_9000, u64::MAX - 0xfff] {
        let found = refusal(|l| l.load(1).offset = offset);
        assert!(matches!(
            found,
            Refusal::Image(Fault::SegmentTruncated { segment: 2, .. })
        ));
    }
}

#[test]
fn segments_at_impossible_places() {
    let found = refusal(|l| l.load(1).offset = 0x1010);
    let expected = Fault::SegmentMisaligned {
        segment: 2,
        offset: 0x1010,
        address: 0x20_1000,
    };
    assert_eq!(found, fault(expected));
    let found = refusal(|l| l.load(0).address = 0xf000);
    let (segment, address) = (1, 0xf000);
    assert_eq!(found, fault(Fault::SegmentTooLow { segment, address }));
    for address in [0x7fff_ffff_e000, 0x8000_0000_0000_0000, u64::MAX - 0xfff] {
        let found = refusal(|l| l.load(2).address = address);
        let expected = Fault::SegmentBeyondAddressSpace {
            segment: 3,
            address,
            memory: 0x2100,
        };
        assert_eq!(found, fault(expected));
    }
    // The last page below the shared page is still free.
    let last = accepted(|l| {
        l.load(2).address = 0x7fff_ffff_e000;
        l.load(2).memory = 0x1000;
    });
    assert_eq!(last.span.end, 0x7fff_ffff_f000);
    // A 32-bit image must stay below 4 GiB.
    let narrow = Program {
        wide: false,
        machine: 3,
        ..Program::freebsd()
    };
    let found = refusal_of(&narrow, |l| l.load(2).address = 0xffff_d000);
    assert!(matches!(
        found,
        Refusal::Image(Fault::SegmentBeyondAddressSpace { .. })
    ));
}

#[test]
fn segments_that_collide() {
    let found = refusal(|l| l.load(2).address = 0x20_1000);
    assert_eq!(found, fault(Fault::SegmentsOverlap { segment: 3 }));
    let found = refusal(|l| l.load(0).memory = 0x1001);
    assert_eq!(found, fault(Fault::SegmentsOverlap { segment: 2 }));
    let found = refusal(|l| l.load(2).address = 0x10_0000);
    assert_eq!(found, fault(Fault::SegmentsUnordered { segment: 3 }));
    // Two segments that only share a page cannot have two protections.
    let found = refusal(|l| {
        l.load(1).address += 0x900;
        l.load(1).offset += 0x900;
        l.load(0).memory = 0x1800;
    });
    assert_eq!(found, fault(Fault::SegmentsOverlap { segment: 2 }));
}

#[test]
fn entries_outside_the_text() {
    for entry in [0, 0x20_0fff, 0x20_100a, 0x20_2000, u64::MAX] {
        let found = refusal(|l| l.entry = entry);
        assert_eq!(found, fault(Fault::EntryOutsideText { entry }));
    }
    assert_eq!(accepted(|l| l.entry = 0x20_1009).entry, 0x20_1009);
}

#[test]
fn bad_interpreters() {
    let dynamic = Program {
        interpreter: Some("/libexec/ld-elf.so.1"),
        ..Program::freebsd()
    };
    let bad = fault(Fault::BadInterpreterPath);
    for size in [0, 1, 20, 1025, u64::MAX] {
        assert_eq!(refusal_of(&dynamic, |l| l.segment(INTERP).file = size), bad);
    }
    for offset in [0x100_0000, u64::MAX - 4] {
        assert_eq!(
            refusal_of(&dynamic, |l| l.segment(INTERP).offset = offset),
            bad
        );
    }
    let empty = |l: &mut Layout| l.contents.push((0x400, vec![0]));
    assert_eq!(refusal_of(&dynamic, empty), bad);
    let twice = |l: &mut Layout| {
        let again = l.segment(INTERP).clone();
        l.segments.push(again);
    };
    assert_eq!(
        refusal_of(&dynamic, twice),
        fault(Fault::SeveralInterpreters)
    );
}

#[test]
fn interpreters_that_are_missing() {
    let bytes = Program {
        interpreter: Some("/libexec/ld-elf.so.1"),
        ..Program::freebsd()
    }
    .bytes();
    let image = image(&bytes).unwrap();
    let found = runnable(&bytes, &image, &|_| false).unwrap_err();
    assert!(found.to_string().contains("/libexec/ld-elf.so.1"));
    assert_eq!(found.key(), "interpreter-missing");
    let plan = runnable(&bytes, &image, &|path| path == b"/libexec/ld-elf.so.1").unwrap();
    assert_eq!(plan.interpreter.unwrap(), b"/libexec/ld-elf.so.1");
}

#[test]
fn hostile_interpreter_paths_are_escaped() {
    let bytes = Program {
        interpreter: Some("/lib\x1b[2J\nexec"),
        ..Program::freebsd()
    }
    .bytes();
    let found = runnable(&bytes, &image(&bytes).unwrap(), &|_| false).unwrap_err();
    assert!(!found.to_string().contains(char::is_control), "{found}");
}

#[test]
fn programs_of_other_systems_and_machines() {
    let verdict = |program: &Program| supported(&image(&program.bytes()).unwrap());
    assert_eq!(verdict(&Program::freebsd()), Ok(()));
    for (osabi, os) in [(12, Os::OpenBsd), (6, Os::Illumos), (4, Os::Hurd)] {
        let found = verdict(&Program {
            osabi,
            ..Program::amd64()
        })
        .unwrap_err();
        assert_eq!(found, Refusal::WrongOs(os));
        assert!(found.to_string().contains(os.name()));
    }
    let linux = verdict(&Program {
        osabi: 3,
        ..Program::amd64()
    })
    .unwrap_err();
    assert_eq!(linux, Refusal::LinuxProgram);
    assert!(linux.to_string().contains("run it directly"));
    assert_eq!(verdict(&Program::amd64()), Err(Refusal::Unmarked));
    let unknown = verdict(&Program {
        osabi: 97,
        ..Program::amd64()
    });
    assert_eq!(unknown, Err(Refusal::UnknownOs { osabi: 97 }));
    for (machine, wide, named) in [
        (183, true, Machine::Arm64),
        (3, false, Machine::I386),
        // x32 is amd64 with 32-bit addresses.
        (62, false, Machine::Amd64),
        (999, true, Machine::Other(999)),
    ] {
        let found = verdict(&Program {
            machine,
            wide,
            ..Program::freebsd()
        })
        .unwrap_err();
        let expected = Refusal::WrongMachine {
            os: Os::FreeBsd,
            machine: named,
            narrow: !wide,
        };
        assert_eq!(found, expected);
    }
    let big = verdict(&Program {
        big: true,
        ..Program::freebsd()
    })
    .unwrap_err();
    assert_eq!(
        big,
        Refusal::BadHeader {
            field: "EI_DATA",
            value: 2
        }
    );
}

/// The kernel takes the address of the table from PT_PHDR or the segment that holds it, the last wins.
#[test]
fn the_program_header_address_is_found_as_the_kernel_finds_it() {
    assert_eq!(accepted(|_| {}).phdr, Some(0x20_0040));
    let moved = accepted(|l| {
        let mut phdr = l.segment(LOAD).clone();
        phdr.kind = PHDR;
        phdr.address = 0x77;
        l.segments.push(phdr);
    });
    assert_eq!(moved.phdr, Some(0x77));
    assert_eq!(accepted(|l| l.load(0).file = 64).phdr, None);
}

#[test]
fn segments_without_memory_are_ignored() {
    let plan = accepted(|l| {
        let data = l.load(2);
        (data.memory, data.file, data.address) = (0, u64::MAX, 7);
    });
    assert_eq!(plan.segments.len(), 2);
}

/// With no bytes in the file, the offset may be anything.
#[test]
fn segments_without_file_bytes_ignore_their_offset() {
    let plan = accepted(|l| {
        let data = l.load(2);
        (data.file, data.offset) = (0, u64::MAX - 5);
    });
    let zero = plan.segments[2].zero.unwrap();
    assert_eq!(plan.segments[2].file, None);
    assert_eq!(
        (zero.address, zero.len, zero.copy_len),
        (0x20_2000, 0x3000, 0)
    );
}

#[test]
fn a_library_linked_to_a_base_keeps_it() {
    let pie = Program {
        pie: true,
        ..Program::freebsd()
    };
    let plan = changed(&pie, |_| {}).unwrap();
    assert_eq!(plan.placement, Placement::Anywhere { align: 0x1000 });
    let coarse = changed(&pie, |l| l.load(2).align = 0x20_0000).unwrap();
    assert_eq!(coarse.placement, Placement::Anywhere { align: 0x20_0000 });
    let absurd = changed(&pie, |l| l.load(2).align = 1 << 63).unwrap();
    assert_eq!(absurd.placement, Placement::Anywhere { align: 1 << 30 });
    let fixed = changed(&Program::freebsd(), |l| l.kind = 3).unwrap();
    assert_eq!(fixed.placement, Placement::Fixed);
}

#[test]
fn stacks_are_executable_unless_the_program_says_otherwise() {
    assert!(!accepted(|_| {}).stack.executable);
    assert!(
        accepted(|l| l.segments.retain(|s| s.kind != GNU_STACK))
            .stack
            .executable
    );
    let asked = accepted(|l| {
        l.segment(GNU_STACK).flags = 7;
        l.segment(GNU_STACK).memory = 0x100_0000;
    });
    assert!(asked.stack.executable);
    assert_eq!(asked.stack.size, 0x100_0000);
}
