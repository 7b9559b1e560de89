//! The files that git carries, read from its index: what is tracked is deployed, whatever ignore files say of it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A larger index is not read: some millions of files.
const MAX_BYTES: u64 = 256 << 20;

/// What stands before the name of an entry: times, owner, mode, size, SHA-1 and flags.
const FIXED_BYTES: usize = 62;
/// Where in it the mode stands.
const MODE_AT: usize = 24;
/// The flag that says that two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;

/// The regular files below `root` that git tracks, as paths relative to it; `None` outside of a clone, and where the index
/// can't be read.
pub(super) fn tracked(root: &Path) -> Option<Vec<String>> {
    let root = std::path::absolute(root).ok()?;
    let top = root.ancestors().find(|folder| folder.join(".git").exists())?;
    let prefix = root.strip_prefix(top).ok()?.to_str()?.replace('\\', "/");
    let mut bytes = Vec::new();
    File::open(git_folder(top)?.join("index")).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    let mut paths = paths(&bytes)?;
    if !prefix.is_empty() {
        paths =
            paths.iter().filter_map(|path| Some(path.strip_prefix(&prefix)?.strip_prefix('/')?.to_owned())).collect();
    }
    Some(paths)
}

/// Git's own folder for a working tree; a linked working tree has a file that names it.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(git).ok()?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The paths of regular files in an index of version 2 to 4:
/// <https://git-scm.com/docs/index-format>.
fn paths(index: &[u8]) -> Option<Vec<String>> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    let version = number(4).filter(|version| index.starts_with(b"DIRC") && (2..=4).contains(version))?;
    let mut at = 12;
    let mut name: Vec<u8> = Vec::new();
    let mut found = Vec::new();
    for _ in 0..number(8)? {
        let start = at;
        let flags = u16::from_be_bytes(index.get(at + FIXED_BYTES - 2..at + FIXED_BYTES)?.try_into().ok()?);
        at += FIXED_BYTES + if flags & EXTENDED == 0 { 0 } else { 2 };
        if version == 4 {
            // Names are written as what differs from the name before.
            let (dropped, next) = variable_width(index, at)?;
            name.truncate(name.len().checked_sub(dropped)?);
            at = next;
        } else {
            name.clear();
        }
        let length = memchr::memchr(0, index.get(at..)?)?;
        name.extend_from_slice(index.get(at..at + length)?);
        at += length + 1;
        if version < 4 {
            at = start + (at - start).next_multiple_of(8);
        }
        if number(start + MODE_AT)? >> 12 == 0o10
            && let Ok(path) = std::str::from_utf8(&name)
        {
            found.push(path.to_owned());
        }
    }
    Some(found)
}

/// A number as git packs it, seven bits a byte, and where the next byte stands.
fn variable_width(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
        value += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let done = Command::new("git").current_dir(folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn the_index_of_each_version_names_the_files_that_git_tracks() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q"]);
        fs::create_dir_all(root.join("apps/api")).unwrap();
        let files = ["README.md", "apps/api/größe.py", "apps/api/main.py", "apps/api/main_two.py", "apps/x.py"];
        for path in files.iter().chain(&["left_out.py"]) {
            fs::write(root.join(path), path).unwrap();
        }
        git(root, &[&["add", "-f"], &files[..]].concat());
        git(root, &["add", "--intent-to-add", "left_out.py"]);
        for version in ["2", "3", "4"] {
            git(root, &["update-index", "--index-version", version]);
            let mut expected = files.map(str::to_owned).to_vec();
            expected.push("left_out.py".to_owned());
            expected.sort();
            assert_eq!(tracked(root), Some(expected), "version {version}");
            assert_eq!(
                tracked(&root.join("apps/api")).unwrap(),
                ["größe.py", "main.py", "main_two.py"],
                "version {version}"
            );
        }
        git(root, &["rm", "-q", "--cached", "left_out.py"]);
        git(root, &["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "x"]);
        let linked = folder.path().join("linked");
        git(root, &["worktree", "add", "-q", linked.to_str().unwrap()]);
        assert_eq!(tracked(&linked).unwrap().len(), files.len());
    }

    proptest! {
        #[test]
        fn no_index_makes_it_panic(version in 0_u8..6, count in any::<u8>(), rest in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut index = b"DIRC\0\0\0".to_vec();
            index.extend([version, 0, 0, 0, count]);
            index.extend(rest);
            let _ = paths(&index);
        }
    }
}
