//! Turns the paths of the command line into the roots to check.

use std::path::{Path, PathBuf};

use super::Exit;
use super::terminal::Terminal;
use crate::config::is_project_root;
use crate::diagnostic::RepoPath;

/// A root to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The folder, absolute and without links.
    pub folder: PathBuf,
    /// The files whose findings are wanted; `None` for all.
    pub only: Option<Vec<RepoPath>>,
    /// What stands before the paths of findings for people: what leads from where the user stands to the folder.
    pub prefix: String,
    /// The folder below this one in which the user stands.
    pub stands_in: Option<RepoPath>,
}

/// The roots that `paths` mean where the user stands, and the exit code so far: what is wrong with a path is told, and the
/// others are checked all the same.
pub fn told_roots(paths: &[PathBuf], terminal: Terminal) -> (Vec<Root>, Exit) {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let (roots, problems) = roots(paths, &here);
    for problem in &problems {
        terminal.error(problem);
    }
    (roots, if problems.is_empty() { Exit::Clean } else { Exit::Failure })
}

/// Works out the roots: a folder is a root as it is; a file belongs to the project around it (the nearest folder with
/// `.git` or a configuration file, else its own folder), which is checked as a whole, since what a file does there is
/// told by its neighbours. A folder inside another one that is given, and a file inside a folder that is given, add
/// nothing. `here` is where the user stands.
///
/// Also returns what is wrong with paths that can't be checked; the others are.
#[must_use]
fn roots(paths: &[PathBuf], here: &Path) -> (Vec<Root>, Vec<String>) {
    let here = std::fs::canonicalize(here).unwrap_or_else(|_| here.to_path_buf());
    let mut problems = Vec::new();
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut files: Vec<(PathBuf, PathBuf)> = Vec::new();
    for path in paths {
        match locate(path, &here) {
            Ok(Located::Folder(folder)) => folders.push(folder),
            Ok(Located::File { project, file }) => files.push((project, file)),
            Err(reason) => problems.push(format!("can't check {}: {reason}", path.display())),
        }
    }
    let mut roots: Vec<Root> = Vec::new();
    for (index, folder) in folders.iter().enumerate() {
        let covered =
            |(other, outer): (usize, &PathBuf)| folder.starts_with(outer) && (folder != outer || other < index);
        if !folders.iter().enumerate().any(covered) {
            roots.push(Root::new(folder.clone(), None, &here));
        }
    }
    for (project, file) in files {
        if roots.iter().any(|root| root.only.is_none() && file.starts_with(&root.folder)) {
            continue;
        }
        let Some(path) = file.strip_prefix(&project).ok().and_then(Path::to_str).map(RepoPath::new) else {
            problems.push(format!("can't check {}: its name is not Unicode", file.display()));
            continue;
        };
        match roots.iter_mut().find(|root| root.only.is_some() && root.folder == project) {
            Some(root) => root.only.get_or_insert_default().push(path),
            None => roots.push(Root::new(project, Some(vec![path]), &here)),
        }
    }
    (roots, problems)
}

enum Located {
    Folder(PathBuf),
    File { project: PathBuf, file: PathBuf },
}

fn locate(path: &Path, here: &Path) -> Result<Located, String> {
    let path = here.join(path);
    let metadata = match std::fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err("there is no such file or folder".to_owned());
        }
        Err(error) => return Err(error.to_string()),
    };
    if metadata.is_dir() {
        return std::fs::canonicalize(&path).map(Located::Folder).map_err(|error| error.to_string());
    }
    if !metadata.is_file() {
        return Err("it is neither a file nor a folder".to_owned());
    }
    // The folder without links, the file as named: a link to a file is checked where the file is, or not at all.
    let folder = path.parent().unwrap_or(here);
    let folder = std::fs::canonicalize(folder).map_err(|error| error.to_string())?;
    let file = folder.join(path.file_name().unwrap_or_default());
    let project = folder.ancestors().find(|folder| is_project_root(folder)).unwrap_or(&folder).to_path_buf();
    Ok(Located::File { project, file })
}

impl Root {
    /// Whether the folder is where the user stands, or below.
    pub fn is_below(&self) -> bool {
        self.stands_in.is_none() && !Path::new(&self.prefix).is_absolute()
    }

    fn new(folder: PathBuf, only: Option<Vec<RepoPath>>, here: &Path) -> Self {
        let join =
            |parts: &Path| -> String { parts.iter().map(|part| format!("{}/", part.to_string_lossy())).collect() };
        let (prefix, stands_in) = if let Ok(below) = folder.strip_prefix(here) {
            (join(below), None)
        } else if let Ok(above) = here.strip_prefix(&folder) {
            ("../".repeat(above.components().count()), above.to_str().map(RepoPath::new))
        } else {
            (format!("{}/", folder.display().to_string().trim_end_matches('/')), None)
        };
        Self { folder, only, prefix, stands_in }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_their_project_and_nothing_is_checked_twice() {
        let base = tempfile::tempdir().unwrap();
        let base = std::fs::canonicalize(base.path()).unwrap();
        for folder in ["repo/.git", "repo/spaces/a", "repo/sub", "loose"] {
            std::fs::create_dir_all(base.join(folder)).unwrap();
        }
        for file in ["repo/spaces/a/app.py", "repo/sub/b.py", "loose/c.py", "repo/spaces/a/preflight.toml"] {
            std::fs::write(base.join(file), "").unwrap();
        }
        let run = |here: &str, paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            let (roots, problems) = roots(&paths, &base.join(here));
            let roots = roots.iter().map(|root| {
                let only = root.only.as_ref().map(|only| format!("{only:?}")).unwrap_or_default();
                let folder = root.folder.strip_prefix(&base).unwrap().display().to_string();
                format!("{folder} as '{}'{only}", root.prefix)
            });
            roots.chain(problems).collect::<Vec<_>>().join(" | ")
        };
        assert_eq!(run("repo", &["."]), "repo as ''");
        assert_eq!(run("repo/sub", &["..", "b.py"]), "repo as '../'");
        assert_eq!(run("repo/sub", &["b.py"]), "repo as '../'[sub/b.py]");
        assert_eq!(
            run("repo", &["sub/b.py", "spaces/a/app.py"]),
            "repo as ''[sub/b.py] | repo/spaces/a as 'spaces/a/'[app.py]"
        );
        assert_eq!(run("repo", &["spaces", ".", "sub"]), "repo as ''");
        assert_eq!(run("repo", &["sub", "sub/"]), "repo/sub as 'sub/'");
        assert_eq!(
            run("", &["loose/c.py", "gone"]),
            "loose as 'loose/'[c.py] | can't check gone: there is no such file or folder"
        );
    }
}
