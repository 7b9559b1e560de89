//! Writes changes to disk: whole files at once, nothing over what changed meanwhile, nothing through links.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::{ChangeSet, FileChange};
use crate::diagnostic::RepoPath;

/// Why a change was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file is not what it was when it was read.
    #[error("{0} changed while it was being checked; run again")]
    Changed(RepoPath),
    /// Something stands where a file was to be moved or created.
    #[error("{0} exists already")]
    Occupied(RepoPath),
    /// The path leads through a link, or is not a plain file.
    #[error("{0} is a link or not a plain file")]
    NotPlain(RepoPath),
    /// The operating system refused.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: RepoPath,
        /// The reason.
        error: io::Error,
    },
}

/// Writes `changes` below the folder `root`. Everything is checked before anything is written. Each file is replaced in
/// one step and keeps its permissions; new folders are made as needed; no existing file is ever replaced by another one.
///
/// # Errors
/// The first [`WriteError`]. The checks come first, so usually nothing was written then.
pub fn write_changes(root: &Path, changes: &ChangeSet) -> Result<(), WriteError> {
    for (path, change) in changes.iter() {
        check(root, path, change)?;
    }
    for (path, change) in changes.iter() {
        let io = |error| WriteError::Io { path: path.clone(), error };
        let target = root.join(path.as_str());
        let origin = change.origin.as_ref().filter(|origin| *origin != path);
        if let Some(folder) = target.parent().filter(|_| change.origin.as_ref() != Some(path)) {
            fs::create_dir_all(folder).map_err(io)?;
        }
        match (&change.after, origin) {
            (None, None) => {}
            (None, Some(origin)) => {
                move_file(&root.join(origin.as_str()), &target).map_err(|error| at(path, error))?;
                remove_empty_folders(root, origin);
            }
            (Some(after), None) if change.origin.is_some() => replace(&target, &after.bytes).map_err(io)?,
            (Some(after), None) => create(&target, &after.bytes, None).map_err(|error| at(path, error))?,
            (Some(after), Some(from)) => {
                let origin = root.join(from.as_str());
                let permissions = fs::metadata(&origin).map_err(io)?.permissions();
                create(&target, &after.bytes, Some(permissions)).map_err(|error| at(path, error))?;
                fs::remove_file(&origin).map_err(io)?;
                remove_empty_folders(root, from);
            }
        }
    }
    Ok(())
}

/// Removes the folders that a move left empty: git would not carry them either.
fn remove_empty_folders(root: &Path, moved: &RepoPath) {
    let mut folder = moved.parent();
    // A folder that holds anything refuses to go.
    while !folder.is_root() && fs::remove_dir(root.join(folder.as_str())).is_ok() {
        folder = folder.parent();
    }
}

fn at(path: &RepoPath, error: io::Error) -> WriteError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => WriteError::Occupied(path.clone()),
        _ => WriteError::Io { path: path.clone(), error },
    }
}

fn check(root: &Path, path: &RepoPath, change: &FileChange) -> Result<(), WriteError> {
    if let Some(origin) = &change.origin {
        plain_folders(root, origin)?;
        let file = root.join(origin.as_str());
        let io = |error| WriteError::Io { path: origin.clone(), error };
        if !file.symlink_metadata().map_err(io)?.is_file() {
            return Err(WriteError::NotPlain(origin.clone()));
        }
        if let Some(before) = &change.before {
            // One byte more than expected is enough to see that the file grew.
            let mut bytes = Vec::with_capacity(before.bytes.len() + 1);
            File::open(&file)
                .and_then(|file| file.take(before.bytes.len() as u64 + 1).read_to_end(&mut bytes))
                .map_err(io)?;
            if bytes != before.bytes {
                return Err(WriteError::Changed(origin.clone()));
            }
        }
    }
    if change.origin.as_ref() != Some(path) {
        plain_folders(root, path)?;
        if root.join(path.as_str()).symlink_metadata().is_ok() {
            return Err(WriteError::Occupied(path.clone()));
        }
    }
    Ok(())
}

/// Refuses a path that leads through a link or a file: it could end outside the repository.
fn plain_folders(root: &Path, path: &RepoPath) -> Result<(), WriteError> {
    let mut folder = root.to_path_buf();
    for part in path.parent().parts() {
        folder.push(part);
        match folder.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(WriteError::NotPlain(path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(WriteError::Io { path: path.clone(), error }),
        }
    }
    Ok(())
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = fs::metadata(target)?.permissions();
    let file = temporary(target, bytes, Some(permissions))?;
    file.persist(target).map(drop).map_err(|error| error.error)
}

fn create(target: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let file = temporary(target, bytes, permissions)?;
    file.persist_noclobber(target).map(drop).map_err(|error| error.error)
}

/// A flushed file beside `target` with the given content. It vanishes unless it is renamed.
fn temporary(target: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let folder = target.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut builder = Builder::new();
    builder.prefix(".preflight-");
    #[cfg(unix)]
    if permissions.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the user's umask takes away what others may not do.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Moves a file, never over another one. A hard link fails where something exists, in one step; a rename would not.
fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // File systems without hard links.
        Err(_) if to.symlink_metadata().is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}
