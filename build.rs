//! Builds the crate again when a rule page or a knowledge table changes, since they are compiled into the binary. The
//! tables of changes, by far the largest, are compiled in as JSON, which loads eight times as fast as TOML.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    watch(Path::new("rules"), &mut hasher);
    println!("cargo:rerun-if-changed=build.rs");
    // The macro that embeds the folder is expanded again only when something that the compiler sees has changed.
    println!("cargo:rustc-env=PREFLIGHT_RULES={:016x}", hasher.finish());

    let target = env::var("OUT_DIR").map(|folder| Path::new(&folder).join("api_changes.json"))?;
    fs::write(target, serde_json::to_string(&read_tables(Path::new("rules/api"))?)?)?;
    Ok(())
}

/// Takes everything in and below `folder` into the hash, in the order of the names.
fn watch(folder: &Path, hasher: &mut DefaultHasher) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            watch(&path, hasher);
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            path.hash(hasher);
            fs::read(&path).unwrap_or_default().hash(hasher);
        }
    }
}

/// The tables in `folder`, in the order of their paths.
fn read_tables(folder: &Path) -> Result<Vec<toml::Value>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, io::Error>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let table = |path: &PathBuf| -> Result<toml::Value, Box<dyn Error>> {
        let text = fs::read_to_string(path)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        // Examples are for the tests, which read the text.
        table.remove("example");
        Ok(table.into())
    };
    paths.iter().map(table).collect()
}
