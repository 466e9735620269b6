//! The mappings of an ordinary program, page for page as FreeBSD's kernel makes them.

use compat_forge::Program;
use compat_loader::{
    FilePages, Identity, ImagePlan, Placement, Protection, Segment, ZeroPages, identify, plan,
};

const R: Protection = Protection {
    read: true,
    write: false,
    execute: false,
};
const RX: Protection = Protection { execute: true, ..R };
const RW: Protection = Protection { write: true, ..R };

fn planned(bytes: &[u8]) -> ImagePlan {
    match identify(&bytes.to_vec(), None) {
        Ok(Identity::Elf(image)) => plan(&bytes.to_vec(), &image).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_static_program() {
    let plan = planned(&Program::freebsd().bytes());
    assert_eq!(plan.placement, Placement::Fixed);
    assert_eq!(plan.span, 0x20_0000..0x20_5000);
    assert_eq!((plan.entry, plan.phdr), (0x20_1000, Some(0x20_0040)));
    assert_eq!((plan.phnum, plan.phent), (4, 56));
    assert_eq!(plan.text, 0x20_1000..0x20_2000);
    assert_eq!(plan.data, 0x20_2000..0x20_5000);
    assert_eq!(plan.interpreter, None);
    let whole = |protection, address, offset| Segment {
        protection,
        file: Some(FilePages {
            address,
            offset,
            len: 0x1000,
        }),
        zero: None,
    };
    // 0x800 bytes of data and 0x1900 of bss: no whole page comes from the file, so the fragment is
    // copied into fresh pages.
    let data = Segment {
        protection: RW,
        file: None,
        zero: Some(ZeroPages {
            address: 0x20_2000,
            len: 0x3000,
            copy_from: 0x2000,
            copy_len: 0x800,
        }),
    };
    assert_eq!(
        plan.segments,
        [whole(R, 0x20_0000, 0), whole(RX, 0x20_1000, 0x1000), data]
    );
}

#[test]
fn data_of_several_pages_and_an_odd_start() {
    let mut layout = Program::freebsd().layout();
    layout.contents.push((0x2abc, vec![1; 0x2000]));
    let data = layout.load(2);
    (data.offset, data.address) = (0x2abc, 0x30_0abc);
    (data.file, data.memory) = (0x2000, 0x2001);
    let plan = planned(&layout.bytes());
    let file = plan.segments[2].file.unwrap();
    assert_eq!(
        (file.address, file.offset, file.len),
        (0x30_0000, 0x2000, 0x2000)
    );
    let zero = plan.segments[2].zero.unwrap();
    assert_eq!((zero.address, zero.len), (0x30_2000, 0x1000));
    assert_eq!((zero.copy_from, zero.copy_len), (0x4000, 0xabc));
}

/// Data that ends with its page leaves nothing to copy.
#[test]
fn data_that_fills_its_pages() {
    let mut layout = Program::freebsd().layout();
    layout.contents.push((0x2000, vec![1; 0x1000]));
    layout.load(2).file = 0x1000;
    layout.load(2).memory = 0x2000;
    let plan = planned(&layout.bytes());
    assert_eq!(plan.segments[2].file.unwrap().len, 0x1000);
    let zero = plan.segments[2].zero.unwrap();
    assert_eq!(
        (zero.address, zero.len, zero.copy_len),
        (0x20_3000, 0x1000, 0)
    );
}

#[test]
fn a_position_independent_program() {
    let program = Program {
        pie: true,
        interpreter: Some("/libexec/ld-elf.so.1"),
        ..Program::freebsd()
    };
    let plan = planned(&program.bytes());
    assert_eq!(plan.placement, Placement::Anywhere { align: 0x1000 });
    assert_eq!(plan.span, 0..0x5000);
    assert_eq!(plan.interpreter.unwrap(), b"/libexec/ld-elf.so.1");
}

#[test]
fn protections_are_the_files_own() {
    for flags in 0..8 {
        let mut layout = Program::freebsd().layout();
        layout.load(2).flags = flags;
        let protection = planned(&layout.bytes()).segments[2].protection;
        // PF_X 1, PF_W 2, PF_R 4 against PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.
        let expected = (flags >> 2) & 1 | flags & 2 | (flags & 1) << 2;
        assert_eq!(protection.bits(), expected);
    }
}
