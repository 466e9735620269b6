//! COVERAGE.md says what the tables say.

#[test]
fn coverage_is_up_to_date() {
    let mut wanted = String::new();
    compat_tables::coverage::write(&mut wanted).expect("a string takes everything");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../COVERAGE.md");
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "COVERAGE.md differs from the tables; regenerate it:\n\n    \
         cargo run -q -p compat-tables --bin coverage > COVERAGE.md\n"
    );
}
