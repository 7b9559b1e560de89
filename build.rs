//! Builds the crate again when a rule page or a knowledge table changes, since they are compiled into the binary.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

fn main() {
    let mut hasher = DefaultHasher::new();
    watch(Path::new("rules"), &mut hasher);
    println!("cargo:rerun-if-changed=build.rs");
    // The macro that embeds the folder is expanded again only when something that the compiler sees has changed.
    println!("cargo:rustc-env=PREFLIGHT_RULES={:016x}", hasher.finish());
}

/// Takes everything in and below `folder` into the hash, in the order of the names.
fn watch(folder: &Path, hasher: &mut DefaultHasher) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            watch(&path, hasher);
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            path.hash(hasher);
            std::fs::read(&path).unwrap_or_default().hash(hasher);
        }
    }
}
