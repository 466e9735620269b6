//! The command line.

use compat_tests::go::packages::{PACKAGES, Package};
use compat_tests::inputs::Target;

pub(crate) const USAGE: &str = "\
usage: go-conformance [options]
  --os SYSTEM          whose builds: freebsd, netbsd or dragonfly (default: freebsd)
  --packages A,B,..    these packages only (import paths)
  --subset ci|full     the quick packages, or all (default: full)
  --test NAME          this top-level test only, of every chosen package
  --jobs N             packages at a time (default: the number of processors)
  --linux              compare with the Linux build where the kernel's results are known, too
  --fresh-linux        run the Linux builds again, not trusting earlier results
  --gaps               list the calls that are not implemented (disturbs some tests)
  --update             rewrite the list of known differences (new ones as `unexplained`)";

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) target: Target,
    pub(crate) packages: Vec<&'static Package>,
    pub(crate) one_test: Option<String>,
    pub(crate) jobs: usize,
    pub(crate) linux: bool,
    pub(crate) fresh_linux: bool,
    pub(crate) gaps: bool,
    pub(crate) update: bool,
}

impl Options {
    pub(crate) fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Self, String> {
        let mut options = Self {
            target: Target::FreeBsd,
            packages: PACKAGES.iter().collect(),
            one_test: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            linux: false,
            fresh_linux: false,
            gaps: false,
            update: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--os" => options.target = system(&value()?)?,
                "--packages" => options.packages = named(&value()?)?,
                "--subset" => options.packages = subset(&value()?)?,
                "--test" => options.one_test = Some(value()?),
                "--jobs" => {
                    let jobs = value()?.parse().ok().filter(|jobs| *jobs > 0);
                    options.jobs = jobs.ok_or("--jobs needs a number")?;
                }
                "--linux" => options.linux = true,
                "--fresh-linux" => options.fresh_linux = true,
                "--gaps" => options.gaps = true,
                "--update" => options.update = true,
                "--help" => {
                    println!("{USAGE}");
                    std::process::exit(0);
                }
                _ => return Err(format!("{argument}: unknown")),
            }
        }
        if options.update && options.one_test.is_some() {
            return Err("--update needs all tests of a package".to_owned());
        }
        Ok(options)
    }
}

fn system(name: &str) -> Result<Target, String> {
    let mut guests = Target::GUESTS.into_iter();
    let found = guests.find(|target| target.goos() == name);
    found.ok_or_else(|| format!("{name}: no system whose tests are run"))
}

fn named(list: &str) -> Result<Vec<&'static Package>, String> {
    let find = |path: &str| {
        let found = PACKAGES.iter().find(|package| package.path == path);
        found.ok_or_else(|| format!("{path}: not among the packages that are run"))
    };
    list.split(',').map(find).collect()
}

fn subset(name: &str) -> Result<Vec<&'static Package>, String> {
    match name {
        "ci" => Ok(PACKAGES.iter().filter(|package| package.ci).collect()),
        "full" => Ok(PACKAGES.iter().collect()),
        _ => Err(format!("{name}: no such subset")),
    }
}
