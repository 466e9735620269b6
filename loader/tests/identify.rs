//! Every mark a system leaves, and the order in which they are believed.

use compat_forge::{Go, Note, Program, seeds};
use compat_loader::{
    Class, Endian, Evidence, Format, Identity, Image, KernelVersion, Machine, ObjectType, Os,
    Refusal, describe, identify,
};

fn image(program: &Program) -> Image {
    elf(&program.bytes(), None)
}

fn elf(bytes: &[u8], abi: Option<Os>) -> Image {
    match identify(&bytes.to_vec(), abi) {
        Ok(Identity::Elf(image)) => image,
        other => panic!("not an ELF image: {other:?}"),
    }
}

fn note(name: &'static [u8], kind: u32, words: &[u32]) -> Note {
    Note {
        name,
        kind,
        words: words.to_vec(),
    }
}

fn with_notes(notes: &[Note]) -> Program {
    Program {
        notes: notes.to_vec(),
        ..Program::amd64()
    }
}

fn with_interpreter(path: &'static str) -> Program {
    Program {
        interpreter: Some(path),
        ..Program::amd64()
    }
}

#[track_caller]
fn assert_is(program: &Program, os: Os, evidence: Evidence) {
    let image = image(program);
    assert_eq!((image.os, image.evidence), (os, evidence));
}

/// What each seed must be recognised as. A seed missing here fails, so none goes unchecked.
const SEEDS: &[(&str, Os, Evidence)] = &[
    ("freebsd-osabi", Os::FreeBsd, Evidence::OsAbi),
    ("freebsd-note", Os::FreeBsd, Evidence::Note),
    ("freebsd-features", Os::FreeBsd, Evidence::Note),
    ("freebsd-brand", Os::FreeBsd, Evidence::OldBrand),
    ("freebsd-go", Os::FreeBsd, Evidence::OsAbi),
    ("freebsd-go-old", Os::FreeBsd, Evidence::OsAbi),
    ("freebsd-pie", Os::FreeBsd, Evidence::OsAbi),
    ("freebsd-dynamic", Os::FreeBsd, Evidence::Note),
    ("freebsd-interpreter", Os::FreeBsd, Evidence::Interpreter),
    ("freebsd-i386", Os::FreeBsd, Evidence::OsAbi),
    ("freebsd-arm64", Os::FreeBsd, Evidence::OsAbi),
    ("freebsd-powerpc64", Os::FreeBsd, Evidence::OsAbi),
    ("netbsd-note", Os::NetBsd, Evidence::Note),
    ("netbsd-osabi", Os::NetBsd, Evidence::OsAbi),
    ("netbsd-section-note", Os::NetBsd, Evidence::SectionNote),
    ("netbsd-dynamic", Os::NetBsd, Evidence::Interpreter),
    ("openbsd-dynamic", Os::OpenBsd, Evidence::Note),
    ("openbsd-osabi", Os::OpenBsd, Evidence::OsAbi),
    ("dragonfly-note", Os::DragonFly, Evidence::Note),
    ("dragonfly-go", Os::DragonFly, Evidence::GoBuild),
    ("dragonfly-symbols", Os::DragonFly, Evidence::Symbol),
    ("illumos-interpreter", Os::Illumos, Evidence::Interpreter),
    ("illumos-osabi", Os::Illumos, Evidence::OsAbi),
    ("linux-note", Os::Linux, Evidence::Note),
    ("linux-osabi", Os::Linux, Evidence::OsAbi),
    ("linux-dynamic", Os::Linux, Evidence::Interpreter),
    ("linux-go-unlisted", Os::Linux, Evidence::GoBuild),
    ("linux-unmarked", Os::Linux, Evidence::Default),
    ("hurd-note", Os::Hurd, Evidence::Note),
    ("kfreebsd-note", Os::KFreeBsd, Evidence::Note),
    ("comment-only", Os::FreeBsd, Evidence::Compiler),
    ("unknown-osabi", Os::Unknown, Evidence::Default),
];

#[test]
fn every_seed_is_recognised() {
    for seed in seeds() {
        let Ok(Identity::Elf(image)) = identify(&seed.bytes, None) else {
            continue;
        };
        let expected = SEEDS.iter().find(|(name, ..)| *name == seed.name);
        let (_, os, evidence) = expected.unwrap_or_else(|| panic!("{}: not listed", seed.name));
        assert_eq!(
            (image.os, image.evidence),
            (*os, *evidence),
            "{}",
            seed.name
        );
    }
}

#[test]
fn a_note_is_believed_before_the_osabi_byte() {
    // Debian's kFreeBSD wrote FreeBSD's OSABI and its own note.
    let mut program = with_notes(&[note(b"GNU\0", 1, &[3, 10, 1, 42])]);
    program.osabi = 9;
    assert_is(&program, Os::KFreeBsd, Evidence::Note);
    let version = image(&program).version;
    assert_eq!(version, Some(KernelVersion::FreeBsd(1_001_042)));
}

#[test]
fn the_osabi_byte_is_believed_before_the_brand_and_the_interpreter() {
    let mut program = with_interpreter("/lib64/ld-linux-x86-64.so.2");
    program.brand = "Linux";
    program.osabi = 9;
    assert_is(&program, Os::FreeBsd, Evidence::OsAbi);
    program.osabi = 0;
    program.brand = "FreeBSD";
    assert_is(&program, Os::FreeBsd, Evidence::OldBrand);
    program.brand = "";
    assert_is(&program, Os::Linux, Evidence::Interpreter);
}

#[test]
fn section_notes_and_build_info_come_after_the_interpreter() {
    let mut program = Program {
        section_notes: vec![note(b"NetBSD\0", 1, &[700_000_000])],
        go: Some(Go {
            version: "go1.23.4",
            goos: Some("dragonfly"),
            inline: true,
        }),
        symbols: vec!["runtime.futex"],
        comment: Some("OpenBSD clang version 16.0.6"),
        ..with_interpreter("/usr/libexec/ld-elf.so.2")
    };
    assert_is(&program, Os::DragonFly, Evidence::Interpreter);
    program.interpreter = None;
    assert_is(&program, Os::NetBsd, Evidence::SectionNote);
    program.section_notes.clear();
    assert_is(&program, Os::DragonFly, Evidence::GoBuild);
    program.go = None;
    assert_is(&program, Os::Linux, Evidence::Symbol);
    program.symbols = vec!["main"];
    assert_is(&program, Os::OpenBsd, Evidence::Compiler);
    program.comment = Some("GCC: (GNU) 13.2.0");
    assert_is(&program, Os::Linux, Evidence::Default);
}

#[test]
fn the_user_is_believed_before_everything() {
    let bytes = with_notes(&[note(b"GNU\0", 1, &[0, 3, 2, 0])]).bytes();
    let told = elf(&bytes, Some(Os::FreeBsd));
    assert_eq!((told.os, told.evidence), (Os::FreeBsd, Evidence::Told));
    assert_eq!(told.version, None, "another system's version says nothing");
    let told = elf(&bytes, Some(Os::Linux));
    assert_eq!(told.version, Some(KernelVersion::Gnu(3, 2, 0)));
}

#[test]
fn interpreters_name_their_system() {
    for (path, os) in [
        ("/libexec/ld-elf.so.1", Os::FreeBsd),
        ("/usr/libexec/ld-elf.so.1", Os::FreeBsd),
        ("/libexec/ld-elf32.so.1", Os::FreeBsd),
        ("/libexec/ld.elf_so", Os::NetBsd),
        ("/usr/libexec/ld.elf_so", Os::NetBsd),
        ("/usr/libexec/ld.so", Os::OpenBsd),
        ("/usr/libexec/ld-elf.so.2", Os::DragonFly),
        ("/lib/amd64/ld.so.1", Os::Illumos),
        ("/usr/lib/ld.so.1", Os::Illumos),
        ("/lib/ld-x86-64.so.1", Os::Hurd),
        ("/lib/ld-kfreebsd-x86-64.so.1", Os::KFreeBsd),
        ("/lib64/ld-linux-x86-64.so.2", Os::Linux),
        (
            "/nix/store/0-glibc-2.40/lib/ld-linux-x86-64.so.2",
            Os::Linux,
        ),
        ("/lib/ld-musl-x86_64.so.1", Os::Linux),
        ("/system/bin/linker64", Os::Linux),
    ] {
        assert_is(&with_interpreter(path), os, Evidence::Interpreter);
    }
    assert_is(
        &with_interpreter("/lib/nobody"),
        Os::Linux,
        Evidence::Default,
    );
    let mut narrow = with_interpreter("/lib/ld.so.1");
    assert_is(&narrow, Os::Linux, Evidence::Default);
    narrow.wide = false;
    narrow.machine = 3;
    assert_is(&narrow, Os::Hurd, Evidence::Interpreter);
}

#[test]
fn old_brand_strings_are_read() {
    for (brand, os) in [
        ("FreeBSD", Os::FreeBsd),
        ("DragonFl", Os::DragonFly),
        ("Linux", Os::Linux),
    ] {
        let program = Program {
            brand,
            ..Program::amd64()
        };
        assert_is(&program, os, Evidence::OldBrand);
    }
}

#[test]
fn osabi_bytes_name_their_system() {
    for (osabi, os) in [
        (2, Os::NetBsd),
        (3, Os::Linux),
        (4, Os::Hurd),
        (6, Os::Illumos),
        (9, Os::FreeBsd),
        (12, Os::OpenBsd),
    ] {
        let program = Program {
            osabi,
            ..Program::amd64()
        };
        assert_is(&program, os, Evidence::OsAbi);
    }
}

#[test]
fn symbols_name_their_system() {
    for (name, os) in [
        ("runtime.sys_umtx_op", Os::FreeBsd),
        ("runtime.sys_umtx_op.abi0", Os::FreeBsd),
        ("runtime.lwp_park", Os::NetBsd),
        ("runtime.thrsleep", Os::OpenBsd),
        ("runtime.sysvicall6", Os::Illumos),
        ("runtime.futex", Os::Linux),
        ("_umtx_op", Os::FreeBsd),
        ("__thrsleep", Os::OpenBsd),
    ] {
        let symbols = vec!["main.main", name, "zlib.deflate"];
        let program = Program {
            symbols,
            ..Program::amd64()
        };
        assert_is(&program, os, Evidence::Symbol);
    }
}

/// A name that lies across two of the chunks the table is read in.
#[test]
fn symbols_are_found_far_into_the_table() {
    for filler in [65_520, 65_535, 131_060, 300_000] {
        let long: &'static str = "x".repeat(filler).leak();
        let program = Program {
            symbols: vec![long, "runtime.futex"],
            ..Program::amd64()
        };
        assert_is(&program, Os::Linux, Evidence::Symbol);
    }
}

#[test]
fn only_whole_notes_of_the_right_shape_count() {
    for wrong in [
        note(b"FreeBSD\0", 2, &[1_302_001]),
        note(b"FreeBSD\0", 1, &[1_302_001, 0]),
        note(b"FreeBSD", 1, &[1_302_001]),
        note(b"GNU\0", 1, &[0, 3, 2]),
        note(b"GNU\0", 1, &[9, 0, 0, 0]),
        note(b"GNU\0", 3, &[0, 3, 2, 0]),
        note(b"PaX\0", 3, &[0]),
    ] {
        let name = String::from_utf8_lossy(wrong.name).into_owned();
        let image = image(&with_notes(&[wrong]));
        assert_eq!(image.evidence, Evidence::Default, "{name}");
    }
    // OpenBSD's kernel takes any type.
    assert_is(
        &with_notes(&[note(b"OpenBSD\0", 7, &[0])]),
        Os::OpenBsd,
        Evidence::Note,
    );
}

#[test]
fn versions_are_read_and_printed_as_releases() {
    for (wrapped, release, number) in [
        (note(b"FreeBSD\0", 1, &[1_302_001]), "13.2", Some(1_302_001)),
        (note(b"FreeBSD\0", 1, &[1_500_068]), "15.0", Some(1_500_068)),
        (note(b"FreeBSD\0", 1, &[430_000]), "4.3", Some(430_000)),
        (
            note(b"NetBSD\0", 1, &[700_000_000]),
            "7.0",
            Some(700_000_000),
        ),
        (
            note(b"NetBSD\0", 1, &[1_001_000_000]),
            "10.1",
            Some(1_001_000_000),
        ),
        (note(b"DragonFly\0", 1, &[600_400]), "6.4", Some(600_400)),
        (note(b"GNU\0", 1, &[0, 3, 2, 0]), "3.2.0", None),
    ] {
        let version = image(&with_notes(&[wrapped])).version.unwrap();
        assert_eq!(
            (version.to_string().as_str(), version.number()),
            (release, number)
        );
    }
    assert_eq!(
        image(&with_notes(&[note(b"OpenBSD\0", 1, &[0])])).version,
        None
    );
}

#[test]
fn feature_bits_are_kept() {
    let tag = note(b"FreeBSD\0", 1, &[1_400_097]);
    let image = image(&with_notes(&[note(b"FreeBSD\0", 4, &[9]), tag]));
    assert_eq!(image.features, Some(9));
    assert_eq!(image.os, Os::FreeBsd);
}

#[test]
fn machine_class_order_and_type_are_named() {
    let powerpc = image(&Program {
        machine: 21,
        big: true,
        notes: vec![note(b"FreeBSD\0", 1, &[1_400_000])],
        ..Program::amd64()
    });
    assert_eq!(powerpc.machine, Machine::Ppc64);
    assert_eq!(powerpc.endian, Endian::Big);
    assert_eq!(powerpc.version, Some(KernelVersion::FreeBsd(1_400_000)));
    let i386 = image(&Program {
        machine: 3,
        wide: false,
        ..Program::freebsd()
    });
    assert_eq!((i386.machine, i386.class), (Machine::I386, Class::Elf32));
    assert_eq!(
        (i386.object_type, i386.is_static()),
        (ObjectType::Exec, true)
    );
    assert_eq!(Machine::from_elf(183).to_string(), "arm64");
    assert_eq!(Machine::from_elf(0x1234).to_string(), "machine 4660");
}

#[test]
fn details_name_libraries_and_toolchain() {
    let program = Program {
        interpreter: Some("/libexec/ld-elf.so.1"),
        libraries: vec!["libthr.so.3", "libc.so.7"],
        pie: true,
        go: Some(Go {
            version: "go1.16.2",
            goos: None,
            inline: false,
        }),
        go_section: false,
        ..Program::freebsd()
    };
    let bytes = program.bytes();
    let details = describe(&bytes, &elf(&bytes, None)).unwrap();
    assert_eq!(details.libraries, ["libthr.so.3", "libc.so.7"]);
    assert_eq!(details.kind, "dynamic PIE executable");
    let go = details.go.unwrap();
    assert_eq!((go.version.as_str(), go.goos), ("go1.16.2", None));
}

#[test]
fn both_shapes_of_build_info_are_read_at_every_width_and_order() {
    for (wide, big) in [(true, false), (false, false), (true, true), (false, true)] {
        for (inline, go_section) in [(true, true), (true, false), (false, true), (false, false)] {
            let bytes = Program {
                wide,
                big,
                go: Some(Go {
                    version: "go1.20.1",
                    goos: Some("freebsd"),
                    inline,
                }),
                go_section,
                ..Program::freebsd()
            }
            .bytes();
            let go = describe(&bytes, &elf(&bytes, None)).unwrap().go.unwrap();
            assert_eq!(go.version, "go1.20.1");
            assert_eq!(go.goos.as_deref(), Some("freebsd"));
            assert_eq!(go.goarch.as_deref(), Some("amd64"));
        }
    }
}

#[test]
fn other_formats_are_named() {
    for (bytes, format) in [
        (b"".as_slice(), Format::Empty),
        (b"MZqFpD='\n", Format::Ape),
        (b"MZ\x90\0", Format::Pe),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", Format::MachO),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", Format::MachOUniversal),
        (b"\xca\xfe\xba\xbe\0\0\0\x41", Format::JavaClass),
        (b"\0asm\x01\0\0\0", Format::Wasm),
        (b"!<arch>\n", Format::Archive),
        (b"PK\x03\x04", Format::Zip),
        (b"\x1f\x8b\x08", Format::Compressed),
        (b"BC\xc0\xde", Format::Bitcode),
        (b"\x0b\x01\x86\0\0\0", Format::Aout),
        (b"hello\n", Format::Text),
        (b"\x01\x02\x03", Format::Data),
        (b"\x7fEL", Format::Data),
    ] {
        match identify(&bytes.to_vec(), None) {
            Ok(Identity::Other(found)) => assert_eq!(found, format),
            other => panic!("{format}: {other:?}"),
        }
    }
}

#[test]
fn scripts_are_read_by_freebsds_rules() {
    for (line, interpreter, argument) in [
        ("#!/bin/sh\n", "/bin/sh", None),
        ("#!/bin/sh", "/bin/sh", None),
        ("#! \t/bin/sh  -e -u \t\nrest", "/bin/sh", Some("-e -u")),
        ("#!/usr/bin/env node\r\n", "/usr/bin/env", Some("node\r")),
        ("#!/bin/sh\0-x\n", "/bin/sh", None),
        ("#!/bin/sh -a\0-b\n", "/bin/sh", Some("-a")),
        ("#!sh\n", "sh", None),
    ] {
        match identify(&line.as_bytes().to_vec(), None) {
            Ok(Identity::Script(script)) => {
                assert_eq!(script.interpreter, interpreter.as_bytes(), "{line:?}");
                assert_eq!(
                    script.argument.as_deref(),
                    argument.map(str::as_bytes),
                    "{line:?}"
                );
            }
            other => panic!("{line:?}: {other:?}"),
        }
    }
}

#[test]
fn unusable_scripts_are_refused() {
    for line in ["#!", "#!\n/bin/sh", "#! \t \n", "#!\0"] {
        let refusal = identify(&line.as_bytes().to_vec(), None).unwrap_err();
        assert_eq!(refusal, Refusal::ScriptWithoutInterpreter, "{line:?}");
    }
    let long = format!("#!/{}\n", "x".repeat(1023));
    let refusal = identify(&long.into_bytes(), None).unwrap_err();
    assert_eq!(refusal, Refusal::ScriptInterpreterTooLong { len: 1024 });
    let fits = format!("#!/{}\n", "x".repeat(1022));
    assert!(identify(&fits.into_bytes(), None).is_ok());
    // Nothing behind the first page is read.
    let padded = format!("#!/bin/sh {}x\n", "y".repeat(5000));
    match identify(&padded.into_bytes(), None) {
        Ok(Identity::Script(script)) => assert_eq!(script.argument.unwrap().len(), 4096 - 10),
        other => panic!("{other:?}"),
    }
}
