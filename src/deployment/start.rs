//! What starts in a deployment: commands, and the Python files that they lead to.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::shell::{Command, Invocation, Word, invocations};

use super::Documents;

/// How deep start scripts may call each other.
const MAX_SCRIPTS: usize = 4;

/// Programs with which a start script prepares what it starts in the end, and words of the shell itself.
const PREPARATION: &[&str] = &[
    "$@", "[", "[[", ":", "alembic", "apt-get", "awk", "basename", "break", "cat", "cd", "chmod", "chown", "command",
    "continue", "cp", "curl", "cut", "date", "declare", "dirname", "echo", "env", "eval", "exit", "export", "false",
    "find", "getopts", "git", "grep", "head", "hostname", "id", "kill", "ldconfig", "ln", "local", "ls", "mkdir", "mv",
    "nc", "pip", "pip3", "popd", "printenv", "printf", "pushd", "pwd", "read", "readonly", "return", "rm", "sed",
    "set", "shift", "shopt", "sleep", "sort", "tail", "tee", "test", "touch", "tr", "trap", "true", "type", "ulimit",
    "umask", "unset", "until", "wait", "wc", "wget", "which", "whoami", "xargs",
];

/// How a Python file is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Imported by a server or another file: code under `if __name__ == "__main__"` does not run.
    Imported,
    /// Run as the program: all of it runs.
    Script,
}

/// One thing that starts.
#[derive(Debug, Clone)]
pub struct Start {
    /// The place that says so: the command, or the card's `app_file`.
    pub location: Location,
    /// The program with its arguments; `None` where the platform starts a file by itself.
    pub invocation: Option<Invocation>,
    /// The Python file that runs, where it is one of the repository's.
    pub file: Option<(RepoPath, Role)>,
    /// Whether a Dockerfile's or manifest's list of words says so, in which a further argument is a further string.
    pub exec_form: bool,
}

/// Where the words of a command lead: how a path in the deployment is found in the repository.
pub trait Locate {
    /// The file of the repository that `path`, as the running program would open it, stands for.
    fn file(&self, path: &str) -> Option<RepoPath>;

    /// The folders of the repository in which Python looks for modules.
    fn import_roots(&self) -> Vec<RepoPath>;

    /// Whether an installation from `manifest` sees the lock file `lock` beside it.
    fn sees_lock(&self, _manifest: &RepoPath, _lock: &RepoPath) -> bool {
        true
    }

    /// The value that the deployment sets an environment variable to.
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

/// The starts that a list of commands comes to: start scripts are followed, and the programs that run in the end are
/// listed. `path` is the file in which the commands stand.
pub fn starts(
    documents: &Documents,
    locate: &dyn Locate,
    path: &RepoPath,
    commands: &[Command],
    exec_form: bool,
) -> Vec<Start> {
    let mut found = Vec::new();
    collect(documents, locate, path, commands, exec_form, 0, &mut found);
    let is_program = |start: &Start| start.invocation.as_ref().is_none_or(|one| !PREPARATION.contains(&one.name()));
    // Where all is preparation, that is what the container does.
    if found.iter().any(is_program) {
        found.retain(is_program);
    }
    found
}

fn collect(
    documents: &Documents,
    locate: &dyn Locate,
    path: &RepoPath,
    commands: &[Command],
    exec_form: bool,
    depth: usize,
    found: &mut Vec<Start>,
) {
    for invocation in commands.iter().flat_map(invocations) {
        let expanded = expanded(locate, &invocation);
        if let Some(script) = shell_script(&expanded).and_then(|script| locate.file(script)) {
            if depth < MAX_SCRIPTS
                && let Some(commands) = documents.shell(&script)
            {
                collect(documents, locate, &script, commands, false, depth + 1, found);
            }
            continue;
        }
        let file = python_file(locate, &expanded).or_else(|| project_script(documents, locate, &expanded));
        let location = Location::new(path, invocation.span);
        found.push(Start { location, invocation: Some(invocation), file, exec_form });
    }
}

/// The same with the variables that are known put in: `uvicorn $APP_MODULE` of an image with `ENV APP_MODULE=main:app`.
fn expanded(locate: &dyn Locate, invocation: &Invocation) -> Invocation {
    let word = |word: &Word| match word.expand(|name| locate.variable(name)) {
        Some(text) if word.has_expansion() => Word::literal(text, word.span, word.map.clone()),
        _ => word.clone(),
    };
    Invocation {
        program: word(&invocation.program),
        module: invocation.module.as_ref().map(word),
        arguments: invocation.arguments.iter().map(word).collect(),
        ..invocation.clone()
    }
}

/// The shell script that `sh start.sh`, `. ./start.sh` or `./start.sh` runs.
fn shell_script(invocation: &Invocation) -> Option<&str> {
    let script = match invocation.name() {
        "sh" | "bash" | "dash" | "ash" | "zsh" | "source" | "." => {
            invocation.arguments.iter().find(|word| !word.text.starts_with('-'))?
        }
        _ => &invocation.program,
    };
    let text = script.plain()?;
    let extension = text.rsplit_once('.').map_or("", |(_, extension)| extension);
    (matches!(extension, "sh" | "bash") || script.span != invocation.program.span || text.starts_with("./"))
        .then_some(text)
}

/// The Python file that a program runs or serves.
fn python_file(locate: &dyn Locate, invocation: &Invocation) -> Option<(RepoPath, Role)> {
    let text = invocation.program.plain().unwrap_or_default();
    if invocation.module.is_none() && text.ends_with(".py") {
        return Some((locate.file(text)?, Role::Script));
    }
    if let Some((script, _)) = invocation.python_script() {
        return Some((locate.file(script.plain()?)?, Role::Script));
    }
    match invocation.name() {
        "uvicorn" | "gunicorn" | "hypercorn" | "daphne" | "granian" | "waitress-serve" | "uwsgi" | "flask"
        | "celery" | "rq" | "dramatiq" | "arq" | "taskiq" | "faststream" => {
            Some((served_module(locate, invocation)?, Role::Imported))
        }
        "streamlit" | "chainlit" | "gradio" | "fastapi" | "mesop" | "panel" | "bokeh" | "solara" | "marimo"
        | "shiny" | "voila" | "reflex" => Some((served_file(locate, invocation)?, Role::Script)),
        _ => {
            let module = invocation.module.as_ref()?.plain()?;
            module_file(locate, module).map(|file| (file, Role::Script))
        }
    }
}

/// The module of a command that the project itself brings: `[project.scripts] serve = "package.server:main"`.
fn project_script(documents: &Documents, locate: &dyn Locate, invocation: &Invocation) -> Option<(RepoPath, Role)> {
    if invocation.module.is_some() || invocation.program.plain()? != invocation.name() {
        return None;
    }
    let manifest = locate.file("pyproject.toml")?;
    let project = documents.pyproject(&manifest)?;
    let script = project.scripts.iter().find(|script| script.name.value == invocation.name())?;
    let module = script.target.value.split(':').next()?.trim();
    let of_folder = || {
        let path = module.replace('.', "/");
        let places = ["", "src/"].into_iter().flat_map(|root| {
            [format!("{root}{path}.py"), format!("{root}{path}/__init__.py")].map(|file| manifest.parent().join(&file))
        });
        places.flatten().find(|path| documents.repository().presence(path) == crate::repo::Presence::File)
    };
    Some((module_file(locate, module).or_else(of_folder)?, Role::Imported))
}

/// The file of `uvicorn pkg.app:app`, `gunicorn --chdir src app:app`, `flask --app app run`.
fn served_module(locate: &dyn Locate, invocation: &Invocation) -> Option<RepoPath> {
    if let Some(module) = invocation.flag(&["--app", "-A"]) {
        let module = module.plain()?.split(':').next()?.to_owned();
        return locate.file(&module).or_else(|| module_file(locate, module.trim_end_matches(".py")));
    }
    let below = invocation.flag(&["--app-dir", "--chdir"]).and_then(|folder| folder.plain().map(str::to_owned));
    let words = invocation.arguments.iter().filter_map(|word| word.plain());
    let module = words.filter(|word| !word.starts_with('-')).find_map(|word| {
        let module = word.split_once(':').map_or(word, |(module, _)| module);
        // What no statement could import, `06-api.main:app`, is imported by its name all the same.
        let is_letter = |c: char| c.is_alphanumeric() || c == '_' || (c == '-' && module.len() < word.len());
        let is_module = module.split('.').all(|part| !part.is_empty() && part.chars().all(is_letter));
        let file = is_module.then(|| match &below {
            Some(folder) => locate
                .file(&format!("{folder}/{}.py", module.replace('.', "/")))
                .or_else(|| module_file(locate, module)),
            None => module_file(locate, module),
        });
        file.flatten()
    });
    module.or_else(|| {
        if invocation.name() == "flask" { locate.file("app.py").or_else(|| locate.file("wsgi.py")) } else { None }
    })
}

/// The file of `streamlit run app.py`, `fastapi run`, `gradio app.py`.
fn served_file(locate: &dyn Locate, invocation: &Invocation) -> Option<RepoPath> {
    let named = invocation.arguments.iter().filter_map(|word| word.plain()).find(|word| word.ends_with(".py"));
    match named {
        Some(file) => locate.file(file),
        None if invocation.name() == "fastapi" => {
            ["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"]
                .iter()
                .find_map(|file| locate.file(file))
        }
        None => None,
    }
}

/// The file that `import module` or `python -m module` runs.
fn module_file(locate: &dyn Locate, module: &str) -> Option<RepoPath> {
    let relative = module.replace('.', "/");
    let mut candidates =
        vec![format!("{relative}.py"), format!("{relative}/__main__.py"), format!("{relative}/__init__.py")];
    candidates.iter().find_map(|candidate| locate.file(candidate)).or_else(|| {
        let roots = locate.import_roots();
        candidates
            .drain(..)
            .find_map(|candidate| roots.iter().find_map(|root| locate.file(&format!("{root}/{candidate}"))))
    })
}
