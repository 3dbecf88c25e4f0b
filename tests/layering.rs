//! Who may import what: the dependencies of every crate, as cargo reads them, and the size of what is written.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// A crate of the workspace.
struct Package {
    folder: PathBuf,
    /// Names of its dependencies, but for those of its tests.
    uses: Vec<String>,
    /// Names of its tests' dependencies.
    tests_use: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn packages() -> BTreeMap<String, Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = |package: &Value| {
        let dependencies = |of_tests: bool| {
            let all = package["dependencies"].as_array().unwrap().iter();
            let some = all.filter(|dependency| (dependency["kind"] == "dev") == of_tests);
            some.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
        };
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap().strip_prefix(root()).unwrap().to_owned();
        let found = Package { folder, uses: dependencies(false), tests_use: dependencies(true) };
        (package["name"].as_str().unwrap().to_owned(), found)
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn is_function(package: &Package) -> bool {
    package.folder.starts_with("functions")
}

/// What each shared crate may import of this workspace.
const LAYERS: [(&str, &[&str]); 6] = [
    ("lucius-core", &[]),
    ("lucius-telephony", &["lucius-core"]),
    ("lucius-store", &["lucius-core"]),
    ("lucius-auth", &["lucius-core"]),
    ("lucius-twilio", &["lucius-core", "lucius-telephony"]),
    ("lucius-shell", &["lucius-auth", "lucius-core", "lucius-store", "lucius-telephony", "lucius-twilio"]),
];

/// The pure crates bring nothing that waits, reads a clock, draws chance, logs or reaches out.
const PURE: [&str; 2] = ["lucius-core", "lucius-telephony"];

/// All that core is made of.
const CORE: [&str; 4] = ["croner", "jiff", "serde", "thiserror"];

/// What always holds, for the tests of every crate.
const INVARIANTS: &str = "lucius-invariants";

fn is_impure(name: &str) -> bool {
    let prefixes = ["aws", "tokio", "hyper", "lambda", "dynoxide"];
    let names = [
        "reqwest",
        "getrandom",
        "rand",
        "fastrand",
        "tracing",
        "log",
        "futures",
        "async-trait",
        "chrono",
        "time",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || names.contains(&name)
}

/// Every crate of the workspace that `package` imports must be in `allowed`.
fn only<'a>(name: &str, uses: impl IntoIterator<Item = &'a String>, allowed: impl Fn(&str) -> bool) {
    for used in uses {
        assert!(allowed(used), "{name} must not import {used}");
    }
}

#[test]
fn shared_crates_import_only_what_lies_below_them() {
    let packages = packages();
    for (name, allowed) in LAYERS {
        let ours = packages[name].uses.iter().filter(|used| packages.contains_key(*used));
        only(name, ours, |used| allowed.contains(&used));
        // Their tests may not turn the layers round either. What always holds is stated over core alone, for every test.
        let tests = packages[name].tests_use.iter().filter(|used| packages.contains_key(*used));
        only(name, tests, |used| allowed.contains(&used) || used == INVARIANTS);
    }
    for (name, package) in &packages {
        let known = LAYERS.iter().any(|(layer, _)| layer == name);
        assert!(known || !package.folder.starts_with("shared"), "{name} has no place in LAYERS: give it one");
    }
}

#[test]
fn pure_crates_stay_pure() {
    let packages = packages();
    only("lucius-core", &packages["lucius-core"].uses, |used| CORE.contains(&used));
    for name in PURE {
        only(name, &packages[name].uses, |used| !is_impure(used));
    }
}

#[test]
fn what_always_holds_is_stated_over_core_alone() {
    let packages = packages();
    only(INVARIANTS, &packages[INVARIANTS].uses, |used| used == "lucius-core" || CORE.contains(&used));
    only(INVARIANTS, &packages[INVARIANTS].tests_use, |used| !packages.contains_key(used));
}

#[test]
fn carriers_and_storage_keep_to_their_own_outside() {
    let packages = packages();
    only("lucius-twilio", &packages["lucius-twilio"].uses, |used| !used.starts_with("aws"));
    for name in ["lucius-store", "lucius-auth"] {
        only(name, &packages[name].uses, |used| used != "reqwest" && !used.starts_with("lambda"));
    }
}

#[test]
fn functions_import_the_shell_and_the_carrier_they_serve() {
    let packages = packages();
    let functions: Vec<_> = packages.iter().filter(|(_, package)| is_function(package)).collect();
    assert!(functions.len() >= 12, "only {} functions were found", functions.len());
    for (name, package) in functions {
        let carrier = name.strip_prefix("twilio-").map(|_| "lucius-twilio");
        let ours = package.uses.iter().filter(|used| packages.contains_key(*used));
        only(name, ours, |used| match used {
            "lucius-core" | "lucius-shell" | "lucius-store" => true,
            "lucius-telephony" => carrier.is_some(),
            "lucius-auth" => package.folder.starts_with("functions/api"),
            other => Some(other) == carrier,
        });
        assert!(package.uses.iter().any(|used| used == "lucius-shell"), "{name} goes past the shell");
        // Only sweep calls a cloud service by itself: it invokes what is overdue.
        only(name, &package.uses, |used| !used.starts_with("aws-sdk") || name == "sweep");
        only(name, &package.uses, |used| used != "reqwest");
        let parts = package.folder.components().count();
        assert!(parts == 3 && package.folder.ends_with(name), "{name} lies in {}", package.folder.display());
    }
}

#[test]
fn nobody_imports_a_function_or_what_is_for_this_machine_only() {
    let packages = packages();
    for (name, package) in &packages {
        if package.folder.starts_with("tests") || package.folder.starts_with("local") {
            continue;
        }
        only(name, package.uses.iter().chain(&package.tests_use), |used| {
            packages.get(used).is_none_or(|other| other.folder.starts_with("shared"))
                || (used == INVARIANTS && !package.uses.contains(&used.to_owned()))
        });
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (name, package) in packages() {
        let manifest = fs::read_to_string(root().join(&package.folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} has lints of its own");
    }
}

#[test]
fn files_stay_short() {
    for folder in ["shared", "functions"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            let lines = text.lines().count();
            assert!(lines <= 500, "{} has {lines} lines: more than 500", file.display());
            let is_main = file.ends_with("src/main.rs");
            assert!(!is_main || lines <= 20, "{} has {lines} lines: a main of more than 20", file.display());
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
