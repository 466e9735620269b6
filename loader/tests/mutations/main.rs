//! 600,000 damaged images: no panic, no plan that could hurt its mapper, bounded memory and reads.
//!
//! The generator is seeded, so a failure names an input that fails again.

mod damage;
mod invariants;
mod meter;
mod random;

use compat_forge::{Seed, seeds};

use damage::{damage, splice_segments};
use invariants::check;
use meter::Meter;
use random::Random;

const INPUTS: u64 = 600_000;
/// Every so many inputs, the file claims to be a terabyte large.
const HUGE_EVERY: u64 = 100;
const HUGE: u64 = 1 << 40;
/// What one small file may cost: a few times its own size.
const MEMORY_MAX: usize = 256 << 10;
/// What any file may cost, however large.
const HUGE_MEMORY_MAX: usize = 8 << 20;
const HUGE_READ_MAX: u64 = 16 << 20;

#[test]
fn damaged_images_are_refused_or_planned_safely() {
    let seeds = seeds();
    let mut planned = 0;
    let mut refused = 0;
    for input in 0..INPUTS {
        let culprit = Culprit(input);
        let mut random = Random::new(input);
        let bytes = mutant(&mut random, &seeds);
        let huge = input % HUGE_EVERY == 0;
        let size = if huge { HUGE } else { bytes.len() as u64 };
        let meter = Meter::new(&bytes, size);
        let outcome = check(&meter);
        let (memory, read) = meter.finish();
        let (memory_max, read_max) = match huge {
            true => (HUGE_MEMORY_MAX, HUGE_READ_MAX),
            false => (MEMORY_MAX, bytes.len() as u64 * 64 + (64 << 10)),
        };
        assert!(memory <= memory_max, "used {memory} bytes of memory");
        assert!(read <= read_max, "read {read} bytes");
        match outcome {
            Ok(()) => planned += 1,
            Err(_) => refused += 1,
        }
        drop(culprit);
    }
    println!("{planned} planned, {refused} refused");
    // A generator that only makes garbage would prove nothing, nor would one that changes nothing.
    assert!(planned > INPUTS / 20, "only {planned} were planned");
    assert!(refused > INPUTS / 5, "only {refused} were refused");
}

fn mutant(random: &mut Random, seeds: &[Seed]) -> Vec<u8> {
    let mut bytes = random.pick(seeds).bytes.clone();
    for _ in 0..1 + random.below(4) {
        match random.below(4) {
            0 => splice_segments(random, &mut bytes),
            _ => damage(random, &mut bytes, random_other(random, seeds)),
        }
    }
    bytes
}

/// Bytes to splice from, without a copy of the whole image.
fn random_other<'a>(random: &Random, seeds: &'a [Seed]) -> &'a [u8] {
    &random.clone().pick(seeds).bytes
}

/// Names the input whose check panicked.
struct Culprit(u64);

impl Drop for Culprit {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the culprit is input {}", self.0);
        }
    }
}
