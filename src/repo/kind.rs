//! What a file is, told by its path alone, before it is opened.

use crate::diagnostic::RepoPath;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Python source.
    Python,
    /// A Jupyter notebook.
    Notebook,
    /// Rust source.
    Rust,
    /// `README.md`, which may carry a Space card.
    Readme,
    /// A pip requirements or constraints file.
    Requirements,
    /// `pyproject.toml`.
    Pyproject,
    /// A lock file that fixes Python packages: uv, Poetry, PDM, pylock, Pipfile.lock, conda-lock.
    PythonLock,
    /// `Pipfile`.
    Pipfile,
    /// A conda environment file.
    CondaEnvironment,
    /// `setup.py` metadata or `setup.cfg`.
    SetupCfg,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A Compose file.
    Compose,
    /// A Procfile.
    Procfile,
    /// A GitHub workflow where GitHub reads it: directly in `.github/workflows`.
    Workflow,
    /// A composite or other action: `action.yml`.
    Action,
    /// Any other YAML file: perhaps a Kubernetes manifest, perhaps a misplaced workflow.
    Yaml,
    /// Any other TOML file.
    Toml,
    /// A shell script.
    Shell,
    /// `.python-version` or `runtime.txt`.
    PythonVersion,
    /// `.env` files and their examples.
    DotEnv,
    /// A JSON file.
    Json,
    /// Anything else.
    Other,
}

impl FileKind {
    /// Tells the kind from the path.
    #[must_use]
    pub fn of(path: &RepoPath) -> Self {
        let name = path.file_name();
        let lower = name.to_ascii_lowercase();
        let extension = path.extension().to_ascii_lowercase();
        let yaml = matches!(extension.as_str(), "yml" | "yaml");
        match lower.as_str() {
            "readme.md" => return Self::Readme,
            "pyproject.toml" => return Self::Pyproject,
            "uv.lock" | "poetry.lock" | "pdm.lock" | "pipfile.lock" | "conda-lock.yml" | "pixi.lock" => {
                return Self::PythonLock;
            }
            "pipfile" => return Self::Pipfile,
            "setup.cfg" => return Self::SetupCfg,
            "procfile" => return Self::Procfile,
            "action.yml" | "action.yaml" => return Self::Action,
            ".python-version" | "runtime.txt" => return Self::PythonVersion,
            _ => {}
        }
        if lower.starts_with("pylock.") && extension == "toml" {
            return Self::PythonLock;
        }
        if is_dockerfile(&lower) {
            return Self::Dockerfile;
        }
        if lower == ".env" || lower.starts_with(".env.") || lower.ends_with(".env") {
            return Self::DotEnv;
        }
        if yaml {
            if path.parent().as_str() == ".github/workflows" {
                return Self::Workflow;
            }
            if is_compose(&lower) {
                return Self::Compose;
            }
            if lower.starts_with("environment.") || lower.starts_with("conda.") {
                return Self::CondaEnvironment;
            }
            return Self::Yaml;
        }
        if matches!(extension.as_str(), "txt" | "in") && is_requirements(path, &lower) {
            return Self::Requirements;
        }
        match extension.as_str() {
            // Stubs (`.pyi`) are for type checkers and never run.
            "py" | "pyw" => Self::Python,
            "ipynb" => Self::Notebook,
            "rs" => Self::Rust,
            "toml" => Self::Toml,
            "sh" | "bash" => Self::Shell,
            "json" => Self::Json,
            _ => Self::Other,
        }
    }
}

fn is_dockerfile(lower: &str) -> bool {
    let named = |word: &str| {
        lower == word
            || lower.strip_prefix(word).is_some_and(|rest| {
                rest.starts_with(['.', '-', '_']) && !rest.ends_with(".md") && !rest.ends_with(".dockerignore")
            })
            || lower.strip_suffix(word).is_some_and(|rest| rest.ends_with('.'))
    };
    named("dockerfile") || named("containerfile")
}

fn is_compose(lower: &str) -> bool {
    ["docker-compose", "compose", "podman-compose"]
        .iter()
        .filter_map(|word| lower.strip_prefix(word))
        .any(|rest| rest.starts_with(['.', '-', '_']))
}

fn is_requirements(path: &RepoPath, lower: &str) -> bool {
    lower.starts_with("requirements")
        || lower.starts_with("constraints")
        || lower.ends_with("requirements.txt")
        || lower.ends_with("requirements.in")
        || path.parent().file_name().eq_ignore_ascii_case("requirements")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_name() {
        for (path, kind) in [
            ("README.md", FileKind::Readme),
            ("spaces/a/readme.md", FileKind::Readme),
            ("requirements-dev.txt", FileKind::Requirements),
            ("requirements/base.txt", FileKind::Requirements),
            ("notes.txt", FileKind::Other),
            ("Dockerfile.gpu", FileKind::Dockerfile),
            ("api.Dockerfile", FileKind::Dockerfile),
            ("Dockerfile.md", FileKind::Other),
            (".github/workflows/ci.yml", FileKind::Workflow),
            (".github/workflows/deep/ci.yml", FileKind::Yaml),
            ("docker-compose.prod.yaml", FileKind::Compose),
            ("composer.yaml", FileKind::Yaml),
            ("uv.lock", FileKind::PythonLock),
            (".env.example", FileKind::DotEnv),
        ] {
            assert_eq!(FileKind::of(&RepoPath::new(path)), kind, "{path}");
        }
    }
}
