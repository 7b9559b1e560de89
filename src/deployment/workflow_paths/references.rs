//! The files and folders that a program is told to read, by its arguments.

use super::workspace::Wanted;
use crate::diagnostic::Span;
use crate::formats::shell::{Invocation, Part, Word};

/// A path that a program reads.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub word: Word,
    pub wanted: Wanted,
    /// A file that must be in it, where it is a folder: `Dockerfile`.
    pub inner: Option<&'static str>,
}

impl Reference {
    fn file(word: &Word) -> Self {
        Self { word: word.clone(), wanted: Wanted::File, inner: None }
    }

    fn folder(word: &Word) -> Self {
        Self { word: word.clone(), wanted: Wanted::Folder, inner: None }
    }

    fn either(word: &Word) -> Self {
        Self { word: word.clone(), wanted: Wanted::Either, inner: None }
    }
}

/// Interpreters whose first argument is a script, with the endings of its name; a path with `/` needs no ending.
const INTERPRETERS: &[(&str, &[&str])] = &[
    ("bash", &[".sh", ".bash"]),
    ("sh", &[".sh"]),
    ("zsh", &[".sh", ".zsh"]),
    ("node", &[".js", ".mjs", ".cjs"]),
    ("ruby", &[".rb"]),
    ("perl", &[".pl"]),
    ("Rscript", &[".R", ".r"]),
    ("pwsh", &[".ps1"]),
    ("tsx", &[".ts"]),
    ("ts-node", &[".ts"]),
];

/// What `invocation` reads.
pub(super) fn references(invocation: &Invocation) -> Vec<Reference> {
    let mut found = Vec::new();
    let program = &invocation.program.text;
    let arguments = invocation.arguments.as_slice();
    let first = arguments.first().map_or("", |word| word.text.as_str());
    let is_script = program.contains('/') || program.ends_with(".py") && !invocation.wrappers.is_empty();
    if is_script && !program.starts_with(['/', '~']) && invocation.module.is_none() {
        found.push(Reference::file(&invocation.program));
    }
    if let Some((script, _)) = invocation.python_script() {
        if script.text.ends_with(".py") {
            found.push(Reference::file(script));
        }
        return found;
    }
    let name = invocation.name();
    if let Some((_, endings)) = INTERPRETERS.iter().find(|(known, _)| *known == name) {
        found.extend(script(arguments, endings).map(Reference::file));
        return found;
    }
    match name {
        "source" | "." => {
            let file = arguments.first().filter(|word| word.text.contains('/') || word.text.ends_with(".sh"));
            found.extend(file.map(Reference::file));
        }
        "pip" | "pip3" if first == "install" => pip(arguments, &mut found),
        "uv" if first == "pip" => pip(arguments.get(1..).unwrap_or_default(), &mut found),
        "pytest" | "py.test" => found.extend(pytest(arguments).iter().map(Reference::either)),
        "coverage" if first == "run" => {
            let modules = arguments.iter().any(|word| matches!(word.text.as_str(), "-m" | "--module"));
            let script = arguments.iter().skip(1).find(|word| word.text.ends_with(".py"));
            let follows = |word: &&Word| !word.text.starts_with('-');
            found.extend(script.filter(follows).filter(|_| !modules).map(Reference::file));
        }
        "docker" | "podman" => docker(arguments, &mut found),
        "docker-compose" => compose(arguments, &mut found),
        "kubectl" | "oc" if matches!(first, "apply" | "create" | "replace") => {
            for word in invocation.flags(&["-f", "--filename"]) {
                if !word.text.contains(',') && word.text != "-" {
                    found.push(Reference::either(&word));
                }
            }
            found.extend(invocation.flags(&["-k", "--kustomize"]).iter().map(Reference::folder));
        }
        "helm" if matches!(first, "upgrade" | "install" | "template" | "lint" | "package") => {
            found.extend(arguments.iter().skip(1).filter(|word| word.text.starts_with("./")).map(Reference::either));
            found.extend(invocation.flags(&["-f", "--values"]).iter().map(Reference::file));
        }
        "make" | "gmake" => {
            found.extend(invocation.flags(&["-C", "--directory"]).iter().map(Reference::folder));
            if invocation.flag(&["-C", "--directory"]).is_none() {
                found.extend(invocation.flag(&["-f", "--file", "--makefile"]).iter().map(Reference::file));
            }
        }
        "npm" => found.extend(invocation.flags(&["--prefix", "-C"]).iter().map(Reference::folder)),
        "yarn" => found.extend(invocation.flags(&["--cwd"]).iter().map(Reference::folder)),
        "pnpm" => found.extend(invocation.flags(&["-C", "--dir"]).iter().map(Reference::folder)),
        "conda" | "mamba" | "micromamba" if matches!(first, "env" | "create") => {
            found.extend(invocation.flags(&["-f", "--file"]).iter().map(Reference::file));
        }
        "cp" | "mv" => copied(arguments, &mut found),
        "git" if first == "subtree" => {
            found.extend(invocation.flags(&["--prefix", "-P"]).iter().map(Reference::folder))
        }
        "hf" | "huggingface-cli" if first == "upload" => {
            let operands: Vec<&Word> = arguments.iter().take_while(|word| !word.text.starts_with('-')).collect();
            found.extend(operands.get(2).map(|word| Reference::either(word)));
        }
        "streamlit" | "fastapi" | "chainlit" if matches!(first, "run" | "dev") => {
            let script = arguments.get(1).filter(|word| word.text.ends_with(".py"));
            found.extend(script.map(Reference::file));
        }
        "chmod" => {
            let operands = arguments.iter().filter(|word| !word.text.starts_with('-'));
            found.extend(operands.filter(|word| !is_mode(&word.text)).map(Reference::either));
        }
        _ => {}
    }
    found
}

/// Whether a word of `chmod` says who may do what: `0755`, `a+x`, `u=rw,go-w`.
fn is_mode(word: &str) -> bool {
    let is_symbolic = |clause: &str| {
        let change = clause.trim_start_matches(['u', 'g', 'o', 'a']);
        change.starts_with(['+', '-', '=']) && change.chars().all(|c| "+-=rwxXstugo".contains(c))
    };
    word.bytes().all(|byte| byte.is_ascii_digit()) || word.split(',').all(is_symbolic)
}

/// What is copied or moved; of a pattern, the folder that it looks into.
fn copied(arguments: &[Word], found: &mut Vec<Reference>) {
    let operands: Vec<&Word> = arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
    let sources = operands.split_last().map(|(_, sources)| sources).unwrap_or_default();
    for source in sources {
        match source.parts.as_slice() {
            [Part::Literal(start), Part::Glob(_), ..] => {
                let Some(length) = start.rfind('/').filter(|length| *length > 0) else { continue };
                let Some(folder) = start.get(..length) else { continue };
                let span = source.map.span(Span::new(0, length));
                found.push(Reference::folder(&Word::literal(folder, span, source.map.clone())));
            }
            _ => found.push(Reference::either(source)),
        }
    }
}

/// The script among the arguments of an interpreter.
fn script<'w>(arguments: &'w [Word], endings: &[&str]) -> Option<&'w Word> {
    let word =
        arguments.iter().find(|word| !matches!(word.text.as_str(), "-e" | "-x" | "-ex" | "-eux" | "-l" | "--"))?;
    let is_script = word.text.contains('/') || endings.iter().any(|end| word.text.ends_with(end));
    (is_script && !word.text.starts_with(['-', '/'])).then_some(word)
}

/// `-r`, `-c` and local folders of `pip install`, as in `-r requirements.txt` and `-Ur requirements.txt`.
fn pip(arguments: &[Word], found: &mut Vec<Reference>) {
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let long = [("--requirement=", 14), ("--constraint=", 13)];
        if let Some((_, length)) = long.into_iter().find(|(option, _)| text.starts_with(option)) {
            found.extend(word.suffix(length).map(|word| Reference::file(&word)));
        } else if matches!(text, "--requirement" | "--constraint" | "-r" | "-c" | "-Ur" | "-qr" | "-qUr" | "-Uqr") {
            found.extend(words.next().map(Reference::file));
        } else if let Some(file) = ["-r", "-c"].iter().find_map(|option| text.strip_prefix(option)) {
            if !file.is_empty() {
                found.extend(word.suffix(2).map(|word| Reference::file(&word)));
            }
        } else if (text.starts_with("./") || text.starts_with("../")) && !text.contains(['[', '=', ';', ' ']) {
            found.push(Reference::either(word));
        }
    }
}

/// Options of pytest that take no value, so that what follows is a path.
const PYTEST_SWITCHES: &[&str] = &[
    "--verbose",
    "--quiet",
    "--exitfirst",
    "--lf",
    "--last-failed",
    "--ff",
    "--no-header",
    "--no-summary",
    "--no-cov",
    "--disable-warnings",
    "--strict-markers",
    "--strict-config",
    "--cov-append",
    "--showlocals",
    "--doctest-modules",
    "--cov-branch",
    "--durations",
    "--sw",
    "--stepwise",
];

/// The files and folders that pytest is given, without the names of tests behind `::`.
fn pytest(arguments: &[Word]) -> Vec<Word> {
    if arguments.iter().any(|word| word.text == "--pyargs" || word.text.starts_with("--rootdir")) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut before = "";
    for word in arguments {
        let text = word.text.as_str();
        let is_switch = |option: &str| {
            let letters = option.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
            let short = letters.is_some_and(|letters| letters.bytes().all(|byte| b"vqsxl".contains(&byte)));
            let report = letters.is_some_and(|letters| letters.starts_with('r') && letters.len() > 1);
            short || report || option.contains('=') || PYTEST_SWITCHES.contains(&option)
        };
        let is_path = text.contains('/') || text.ends_with(".py") || text.starts_with("test");
        if !text.starts_with('-') && is_path && (!before.starts_with('-') || is_switch(before)) {
            let length = text.find("::").unwrap_or(text.len());
            let file = if length == text.len() { Some(word.clone()) } else { prefix(word, length) };
            found.extend(file);
        }
        before = text;
    }
    found
}

/// The first `length` bytes of a word without expansions.
fn prefix(word: &Word, length: usize) -> Option<Word> {
    let text = word.plain()?.get(..length)?;
    let span = word.map.span(Span::new(0, length));
    Some(Word::literal(text, span, word.map.clone()))
}

/// Options of `docker build` that take a value.
const BUILD_OPTIONS: &[&str] = &[
    "-t",
    "--tag",
    "--build-arg",
    "--target",
    "--platform",
    "--cache-from",
    "--cache-to",
    "--label",
    "--network",
    "--secret",
    "--ssh",
    "--output",
    "-o",
    "--progress",
    "--iidfile",
    "--builder",
    "--add-host",
    "--build-context",
    "--metadata-file",
    "--attest",
    "--sbom",
    "--provenance",
    "-m",
    "--memory",
    "--shm-size",
    "--ulimit",
    "--isolation",
    "--cgroup-parent",
    "--annotation",
    "--allow",
    "--no-cache-filter",
    "-f",
    "--file",
];

/// Options of `docker build` that take none.
const BUILD_SWITCHES: &[&str] = &[
    "--load",
    "--push",
    "--no-cache",
    "--pull",
    "-q",
    "--quiet",
    "--rm",
    "--force-rm",
    "--squash",
    "--compress",
    "-D",
    "--debug",
    "--disable-content-trust",
];

fn docker(arguments: &[Word], found: &mut Vec<Reference>) {
    let words: Vec<&str> = arguments.iter().take(2).map(|word| word.text.as_str()).collect();
    let rest = match words.as_slice() {
        ["build", ..] => arguments.get(1..),
        ["buildx" | "image", "build"] => arguments.get(2..),
        ["compose", ..] => return compose(arguments.get(1..).unwrap_or_default(), found),
        _ => None,
    };
    let Some(rest) = rest else { return };
    let mut dockerfile = None;
    let mut contexts = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if let Some(length) = ["-f=", "--file="].iter().find(|option| text.starts_with(**option)).map(|text| text.len())
        {
            dockerfile = Some(word.suffix(length));
        } else if matches!(text, "-f" | "--file") {
            dockerfile = Some(words.next().cloned());
        } else if BUILD_OPTIONS.contains(&text) {
            words.next();
        } else if text.starts_with("--") && text.contains('=') || BUILD_SWITCHES.contains(&text) {
        } else if text.starts_with('-') && text.len() > 1 {
            // An option that is not known may take the next word.
            return found.extend(dockerfile.flatten().as_ref().map(Reference::file));
        } else {
            contexts.push(word);
        }
    }
    let own_file = dockerfile.is_some();
    if let Some(file) = dockerfile.flatten().filter(|file| file.text != "-") {
        found.push(Reference::file(&file));
    }
    if let [context] = contexts.as_slice()
        && !context.text.starts_with("git@")
        && context.text != "-"
        && !context.text.ends_with(".git")
    {
        let inner = (!own_file).then_some("Dockerfile");
        found.push(Reference { word: (*context).clone(), wanted: Wanted::Folder, inner });
    }
}

/// `-f FILE` of Compose, before its subcommand.
fn compose(arguments: &[Word], found: &mut Vec<Reference>) {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-f" | "--file" => found.extend(words.next().filter(|file| file.text != "-").map(Reference::file)),
            "-p" | "--project-name" | "--profile" | "--env-file" | "--project-directory" | "--ansi" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            _ => break,
        }
    }
    if arguments.iter().any(|word| word.text.starts_with("--project-directory")) {
        found.clear();
    }
}
