//! The benchmark's workloads: every system's builds do the same work as the Linux builds. One that does other work
//! measures nothing.

use std::process::Command;

#[test]
fn every_workload_comes_to_the_same_on_freebsd() {
    check("freebsd");
}

#[test]
fn every_workload_comes_to_the_same_on_netbsd() {
    check("netbsd");
}

#[test]
fn every_workload_comes_to_the_same_on_dragonfly() {
    check("dragonfly");
}

fn check(system: &str) {
    // Whole programs of others are compared by the suites of their own, and take long.
    let names = [
        "calls", "memory", "waiting", "threads", "queues", "fork", "exec", "start", "sh -c",
        "lines", "database", "sha256", "HTTP",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--check", "--os", system])
        .args(names)
        .output()
        .expect("the benchmark starts");
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    // Those of the program without a library need nothing that is not everywhere.
    let same = said.matches(": the same in all columns").count();
    assert!(same >= 20, "only {same} were compared: {said}");
}
