//! What a command may leave in the working folder.

use super::expand::Names;
use super::workspace::{Ran, Spot, Workspace};
use crate::diagnostic::RepoPath;
use crate::formats::shell::{Command, Invocation, Word};
use crate::knowledge::is_quiet_program;
use crate::repo::Presence;

/// Options after which the name of a file or folder to write comes, with most programs.
const OUTPUT_OPTIONS: &[&str] = &[
    "-o",
    "--output",
    "--output-file",
    "--out",
    "--outfile",
    "--outdir",
    "--out-dir",
    "--output-dir",
    "--dest",
    "--dir",
    "--target",
    "-t",
    "-p",
    "--prefix",
    "--path",
    "--junitxml",
    "--report",
    "--local-dir",
    "--directory",
    "-d",
];

/// Commands of git that put another tree into the folder.
const OTHER_TREE: &[&str] = &[
    "checkout",
    "switch",
    "merge",
    "rebase",
    "reset",
    "apply",
    "am",
    "cherry-pick",
    "stash",
    "read-tree",
    "restore",
    "revert",
    "filter-branch",
    "filter-repo",
];

/// Words of a program without which it writes no files.
const WRITING_WORDS: &[&str] = &[
    "open", "write", "save", "dump", "run", "call", "system", "retrieve", "mkdir", "makedirs", "copy", "move",
    "download", "extract", "generate", "create", "export", "require(", "import(",
];

/// Whether a program given as text may write files; also where there is none.
fn writes_inline(arguments: &[Word]) -> bool {
    let at = arguments.iter().position(|word| matches!(word.text.as_str(), "-c" | "-e" | "-p"));
    let program = at.and_then(|at| arguments.get(at + 1));
    program.is_none_or(|program| WRITING_WORDS.iter().any(|word| program.text.contains(word)))
}

/// Where a command runs, for what it writes.
pub(super) struct Writing<'w, 'd> {
    pub workspace: &'w mut Workspace<'d>,
    pub names: &'w Names,
    pub cwd: Option<&'w Spot>,
}

impl Writing<'_, '_> {
    /// Takes in the redirections of a command.
    pub(super) fn redirections(&mut self, command: &Command) {
        for redirection in command.redirections.iter().filter(|one| !one.operator.starts_with('<')) {
            if let Some(target) = &redirection.target {
                self.make(target);
            }
        }
    }

    /// Takes in what a program does. `read` is what it was told to read, which it does not write.
    pub(super) fn program(&mut self, invocation: &Invocation, read: &[Word], is_piped: bool) {
        let arguments = &invocation.arguments;
        let name = match invocation.name() {
            name if name.starts_with("pip3") || name.starts_with("pip2") => "pip",
            name => name,
        };
        let operands = || arguments.iter().filter(|word| !word.text.starts_with('-'));
        let words: Vec<&str> = operands().map(|word| word.text.as_str()).collect();
        let first = words.first().copied().or_else(|| arguments.first().map(|word| word.text.as_str()));
        match name {
            "mkdir" | "touch" | "tee" | "virtualenv" | "venv" | "truncate" | "dd" => {
                operands().for_each(|word| self.make(word))
            }
            "uv" if first == Some("venv") => operands().skip(1).for_each(|word| self.make(word)),
            "test" | "[" | "[[" | "ls" | "stat" => {
                arguments.iter().for_each(|word| self.workspace.note_test(&word.text));
            }
            "cp" | "mv" | "ln" | "install" | "rsync" | "scp" => self.copy(arguments),
            "tar" | "bsdtar" => self.archive(invocation, &["-C", "--directory"]),
            "unzip" => self.archive(invocation, &["-d"]),
            "gunzip" | "bunzip2" | "unxz" | "7z" | "7za" | "gzip" | "xz" | "zstd" | "patch" => self.make_here(),
            "curl" => self.curl(invocation, is_piped),
            "wget" => self.wget(invocation),
            "git" => self.git(arguments),
            "aws" | "gsutil" | "s3cmd" | "rclone" | "dvc" | "kaggle" | "gdown" | "gh" | "hf" | "huggingface-cli"
            | "azcopy" | "oras" | "wandb" | "git-lfs" | "azd" => {
                self.outputs(arguments);
                let fetches = ["download", "cp", "sync", "pull", "clone", "copy", "get", "checkout", "init"];
                if words.iter().any(|word| fetches.contains(word)) {
                    self.make_here();
                } else if !is_quiet_program(name, first) {
                    operands().for_each(|word| self.make(word));
                }
            }
            "bash" | "sh" if first.is_none() => self.workspace.run(Ran::Program),
            "python" | "python3" | "node" if matches!(first, Some("--version" | "-V" | "-VV" | "-v")) => {}
            "python" | "python3" | "node" if !writes_inline(arguments) => {}
            _ if is_quiet_program(name, first) => self.outputs(arguments),
            _ => {
                self.workspace.run(Ran::Program);
                for word in arguments.iter().filter(|word| !read.iter().any(|read| read.span == word.span)) {
                    let value = word.text.find('=').and_then(|at| word.suffix(at + 1));
                    value.iter().for_each(|value| self.make(value));
                    if !word.text.starts_with('-') {
                        self.make(word);
                    }
                }
            }
        }
    }

    fn make(&mut self, word: &Word) {
        for text in self.names.word(word, self.cwd) {
            if let Some(spot) = self.names.spot(&text, self.cwd)
                && !matches!(&spot, Spot::Workspace(path) if path.is_root())
            {
                self.workspace.make(&spot);
            }
        }
    }

    /// States that the folder at hand may hold anything from now on.
    fn make_here(&mut self) {
        match self.cwd {
            Some(spot) => self.workspace.make(spot),
            None => self.workspace.make_anything(),
        }
    }

    /// The values of options that name a file to write.
    fn outputs(&mut self, arguments: &[Word]) {
        let mut words = arguments.iter().peekable();
        while let Some(word) = words.next() {
            if OUTPUT_OPTIONS.contains(&word.text.as_str()) {
                words.peek().iter().for_each(|value| self.make(value));
            } else if let Some(at) = word.text.find('=').filter(|_| word.text.starts_with("--")) {
                word.suffix(at + 1).iter().for_each(|value| self.make(value));
            }
        }
    }

    fn copy(&mut self, arguments: &[Word]) {
        let operands: Vec<&Word> = arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
        let Some((target, sources)) = operands.split_last() else { return };
        let spots: Vec<Spot> = self.spots(target);
        if spots.is_empty() {
            return;
        }
        for spot in spots {
            let in_tree = self.workspace.repository_path(&spot);
            let is_folder = in_tree.is_some_and(|path| self.workspace.repository.presence(&path) == Presence::Folder);
            if !is_folder && !target.text.ends_with('/') {
                self.workspace.make(&spot);
                continue;
            }
            for source in sources {
                let name = source.plain().and_then(|text| text.rsplit('/').find(|part| !part.is_empty()));
                match name.filter(|name| !matches!(*name, "." | "..") && !source.text.ends_with('/')) {
                    Some(name) => spot.join(name).iter().for_each(|spot| self.workspace.make(spot)),
                    None => self.workspace.make(&spot),
                }
            }
        }
    }

    fn spots(&self, word: &Word) -> Vec<Spot> {
        self.names.word(word, self.cwd).iter().filter_map(|text| self.names.spot(text, self.cwd)).collect()
    }

    /// An archive is unpacked into the folder that an option names, else here.
    fn archive(&mut self, invocation: &Invocation, options: &[&str]) {
        let folder = options.iter().find_map(|option| {
            let at = invocation.arguments.iter().position(|word| word.text == *option)?;
            invocation.arguments.get(at + 1).cloned()
        });
        match folder.map(|folder| self.spots(&folder)) {
            Some(spots) if !spots.is_empty() => spots.iter().for_each(|spot| self.workspace.make(spot)),
            // Elsewhere, at a path that is no part of the working folder.
            Some(_) => {}
            None => self.make_here(),
        }
    }

    fn curl(&mut self, invocation: &Invocation, is_piped: bool) {
        let mut words = invocation.arguments.iter();
        while let Some(word) = words.next() {
            let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or("");
            if word.text == "--output" || letters.ends_with('o') {
                words.next().iter().for_each(|file| self.make(file));
            } else if word.text == "--remote-name" || word.text == "--remote-name-all" || letters.contains('O') {
                self.make_urls(&invocation.arguments);
            }
        }
        if is_piped {
            self.workspace.run(Ran::Program);
        }
    }

    fn wget(&mut self, invocation: &Invocation) {
        let mut words = invocation.arguments.iter();
        let mut named = false;
        while let Some(word) = words.next() {
            let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or("");
            if letters.ends_with('O') || letters.ends_with('P') {
                words.next().iter().for_each(|file| self.make(file));
                named = true;
            } else if let Some(at) = word.text.find('=').filter(|_| word.text.starts_with("--output-document")) {
                word.suffix(at + 1).iter().for_each(|file| self.make(file));
                named = true;
            }
        }
        if !named {
            self.make_urls(&invocation.arguments);
        }
    }

    /// What is fetched from an address under its own name.
    fn make_urls(&mut self, arguments: &[Word]) {
        let name = |word: &Word| {
            let name = word.text.rsplit('/').next().unwrap_or("").to_owned();
            (!name.is_empty() && !name.contains(['$', '{', '?', '*'])).then_some(name)
        };
        for word in arguments.iter().filter(|word| word.text.contains("://") || word.text.contains('$')) {
            match (name(word), self.cwd) {
                (Some(name), Some(cwd)) => cwd.join(&name).iter().for_each(|spot| self.workspace.make(spot)),
                _ => self.make_here(),
            }
        }
    }

    fn git(&mut self, arguments: &[Word]) {
        let mut words = arguments.iter();
        let mut folder: Option<&Word> = None;
        let subcommand = loop {
            let Some(word) = words.next() else { return };
            match word.text.as_str() {
                "-C" => folder = words.next(),
                "-c" => drop(words.next()),
                option if option.starts_with('-') => {}
                subcommand => break subcommand,
            }
        };
        let rest: Vec<&Word> = words.collect();
        let has = |options: &[&str]| rest.iter().any(|word| options.contains(&word.text.as_str()));
        let operands: Vec<&Word> = rest.iter().copied().filter(|word| !word.text.starts_with('-')).collect();
        match subcommand {
            "clone" => {
                let address = operands.iter().position(|word| word.text.contains([':', '/', '$', '.']));
                let address = address.unwrap_or(0);
                match (operands.get(address + 1), operands.get(address)) {
                    (Some(folder), _) if folder.text == "." => self.make_here(),
                    (Some(folder), _) => {
                        if self.spots(folder).is_empty() && !folder.text.starts_with(['/', '~']) {
                            self.make_here();
                        }
                        self.make(folder);
                    }
                    (None, Some(_)) if operands.iter().any(|word| word.has_expansion()) => self.make_here(),
                    (None, Some(url)) => {
                        let name = url.text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or("");
                        let name = name.strip_suffix(".git").unwrap_or(name);
                        let spot = self.cwd.and_then(|cwd| cwd.join(name));
                        spot.iter().for_each(|spot| self.workspace.make(spot));
                    }
                    _ => {}
                }
            }
            "worktree" => operands.iter().for_each(|word| self.make(word)),
            // A new branch, or single files of another commit.
            "checkout" | "switch" if has(&["-b", "-B", "-c", "-C", "--create"]) && operands.len() <= 1 => {}
            "checkout" | "restore" if has(&["--"]) || subcommand == "restore" => {
                operands.iter().for_each(|word| self.make(word));
            }
            "reset"
                if operands.iter().all(|word| word.text.starts_with("HEAD") || word.text.starts_with("origin/")) => {}
            "stash" if has(&["list", "drop", "show", "clear"]) || operands.is_empty() => {}
            subcommand if OTHER_TREE.contains(&subcommand) => {
                let at = match folder {
                    Some(folder) => self.spots(folder).into_iter().next(),
                    None => self.cwd.cloned(),
                };
                if at.is_none_or(|spot| {
                    self.workspace.repository_path(&spot).is_some_and(|path| path == RepoPath::root())
                }) {
                    self.workspace.other_tree = true;
                }
            }
            _ => {}
        }
    }
}
