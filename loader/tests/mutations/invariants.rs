//! What must hold for any file at all.

use compat_loader::{
    Identity, ImagePlan, Os, PAGE_SIZE, Placement, ReadAt, Refusal, describe, identify, plan,
    runnable,
};

/// Does everything the loader can do with `source` and checks every answer.
pub(crate) fn check(source: &(impl ReadAt + ?Sized)) -> Result<(), Refusal> {
    let image = match identify(source, None).inspect_err(check_refusal)? {
        Identity::Elf(image) => image,
        Identity::Script(script) => {
            assert!(!script.interpreter.is_empty() && script.interpreter.len() < 1024);
            assert!(script.argument.is_none_or(|argument| argument.len() < 4096));
            return Ok(());
        }
        Identity::Other(format) => return Err(Refusal::NotElf(format)),
    };
    describe(source, &image).inspect_err(check_refusal)?;
    let verdict = runnable(source, &image, &|_| true).inspect_err(check_refusal);
    let plan = plan(source, &image).inspect_err(check_refusal);
    if let Ok(plan) = &plan {
        check_plan(plan, source.size());
    }
    // What runs has been planned, and is of a system that runs.
    if let Ok(runs) = verdict {
        assert_eq!(Some(&runs), plan.as_ref().ok());
        assert!(matches!(image.os, Os::DragonFly | Os::FreeBsd | Os::NetBsd));
    }
    plan.map(drop)
}

fn check_refusal(refusal: &Refusal) {
    let line = refusal.to_string();
    assert!((20..1500).contains(&line.len()), "{line:?}");
    assert!(!line.contains(char::is_control), "{line:?}");
}

fn check_plan(plan: &ImagePlan, size: u64) {
    let aligned = |n: u64| n.is_multiple_of(PAGE_SIZE);
    let lowest = match plan.placement {
        Placement::Fixed => 0x1_0000,
        Placement::Anywhere { align } => {
            assert!(align.is_power_of_two() && (PAGE_SIZE..=1 << 30).contains(&align));
            0
        }
    };
    assert!(plan.span.start >= lowest && plan.span.end <= 0x7fff_ffff_f000);
    assert!(!plan.segments.is_empty() && plan.segments.len() <= 128);
    let mut at = plan.span.start;
    let mut entered = false;
    for segment in &plan.segments {
        let start = at;
        if let Some(file) = segment.file {
            assert!(aligned(file.address) && aligned(file.offset) && aligned(file.len));
            assert!(file.len > 0 && file.address >= at);
            // Every page has at least one byte of the file, so none raises SIGBUS.
            assert!(file.offset + file.len - PAGE_SIZE < size);
            at = file.address + file.len;
        }
        if let Some(zero) = segment.zero {
            assert!(aligned(zero.address) && aligned(zero.len) && zero.len > 0);
            assert!(zero.address >= at && segment.file.is_none_or(|_| zero.address == at));
            assert!(zero.copy_len < PAGE_SIZE);
            assert!(zero.copy_len == 0 || zero.copy_from + zero.copy_len <= size);
            at = zero.address + zero.len;
        }
        assert!(at > start, "a segment without pages");
        entered |= segment.protection.execute && (start..at).contains(&plan.entry);
    }
    assert_eq!(at, plan.span.end);
    assert!(entered, "the entry is not executable");
    for range in [&plan.text, &plan.data] {
        assert!(range.start >= plan.span.start && range.end <= plan.span.end || range.is_empty());
    }
    if let Some(path) = &plan.interpreter {
        assert!(!path.is_empty() && path.len() < 1024 && !path.contains(&0));
    }
}
