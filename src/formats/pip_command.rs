//! What an installation command on a command line asks for: `pip install`, `uv pip install`, `uv add`, `pipx install`.

use crate::diagnostic::{Span, Spanned};
use crate::formats::package::{ParsedRequirement, Requirement, TextOrigin, UnnamedRequirement, parse_requirement};
use crate::formats::shell::Word;

/// The program that installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installer {
    /// `pip`, also as `python -m pip`.
    Pip,
    /// `uv pip`.
    UvPip,
    /// `uv add`, which also writes to `pyproject.toml`.
    UvAdd,
    /// `uv tool install`.
    UvTool,
    /// `pipx install`.
    Pipx,
}

/// An installation command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipCommand {
    /// The program.
    pub installer: Installer,
    /// The requirements that name a package.
    pub requirements: Vec<Requirement>,
    /// The requirements that are a path or URL alone: `-e .`.
    pub unnamed: Vec<UnnamedRequirement>,
    /// The files of `-r`, as written.
    pub requirement_files: Vec<Spanned<String>>,
    /// The files of `-c`, as written.
    pub constraint_files: Vec<Spanned<String>>,
    /// The other options: `--index-url` with its value, `--no-cache-dir`, ….
    pub options: Vec<CommandOption>,
    /// Whether installed packages are upgraded too.
    pub upgrade: bool,
    /// Whether the dependencies of the packages are left out.
    pub no_deps: bool,
    /// Words that the installer would refuse, and why.
    pub errors: Vec<Spanned<String>>,
    /// From the program's name to the last word.
    pub span: Span,
}

/// An option of an installation command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOption {
    /// As written, without its value: `-i`, `--index-url`.
    pub name: String,
    /// Its value.
    pub value: Option<Spanned<String>>,
    /// The option with its value.
    pub span: Span,
}

/// Options of the installers that take a value, besides those that name requirements.
const WITH_VALUE: &[&str] = &[
    "--abi",
    "--allow-insecure-host",
    "--build",
    "--build-constraint",
    "--build-constraints",
    "--cache-dir",
    "--cert",
    "--client-cert",
    "--color",
    "--config-file",
    "--config-setting",
    "--config-settings",
    "--default-index",
    "--default-timeout",
    "--directory",
    "--exclude-newer",
    "--exists-action",
    "--extra",
    "--extra-index-url",
    "--find-links",
    "--fork-strategy",
    "--global-option",
    "--group",
    "--implementation",
    "--index",
    "--index-strategy",
    "--index-url",
    "--install-option",
    "--keyring-provider",
    "--link-mode",
    "--log",
    "--log-file",
    "--no-binary",
    "--no-binary-package",
    "--no-build-isolation-package",
    "--no-build-package",
    "--only-binary",
    "--optional",
    "--override",
    "--overrides",
    "--package",
    "--pip-args",
    "--platform",
    "--prefix",
    "--prerelease",
    "--progress-bar",
    "--project",
    "--proxy",
    "--pypi-url",
    "--python",
    "--python-platform",
    "--python-version",
    "--refresh-package",
    "--reinstall-package",
    "--report",
    "--resolution",
    "--retries",
    "--rev",
    "--branch",
    "--tag",
    "--root",
    "--script",
    "--src",
    "--suffix",
    "--target",
    "--timeout",
    "--torch-backend",
    "--trusted-host",
    "--upgrade-package",
    "--upgrade-strategy",
    "--use-deprecated",
    "--use-feature",
    "--with",
    "--with-editable",
    "--with-requirements",
    "-C",
    "-P",
    "-b",
    "-f",
    "-i",
    "-p",
    "-t",
];

/// A word of a command line: its text without quotes, and where each character of that stands.
#[derive(Clone)]
struct Argument {
    value: String,
    span: Span,
    origin: TextOrigin,
}

impl Argument {
    fn spanned(&self) -> Spanned<String> {
        Spanned::new(self.value.clone(), self.span)
    }
}

/// Reads a command, given as the words of a shell. `None` where it installs nothing. Reading ends where the shell's next
/// command begins.
#[must_use]
pub fn parse_pip_words(words: &[Word]) -> Option<PipCommand> {
    let argument = |word: &Word| Argument {
        value: word.text.clone(),
        span: word.span,
        origin: TextOrigin::mapped(&word.text, &word.map, word.span),
    };
    parse(&words.iter().map(argument).collect::<Vec<_>>())
}

/// Reads a command as [`parse_pip_words`] does, given as texts without quotes and the place of each word. Places inside a
/// word are right where it stands as it is or in one pair of quotes.
#[must_use]
pub fn parse_pip_command(words: &[Spanned<String>]) -> Option<PipCommand> {
    let argument = |word: &Spanned<String>| Argument {
        value: word.value.clone(),
        span: word.span,
        origin: TextOrigin::word(&word.value, word.span),
    };
    parse(&words.iter().map(argument).collect::<Vec<_>>())
}

fn parse(words: &[Argument]) -> Option<PipCommand> {
    let end = words.iter().position(|word| ends_command(&word.value)).unwrap_or(words.len());
    let words = words.get(..end)?;
    let (installer, program, arguments) = installer(words)?;
    let last = words.last()?.span.end;
    let mut command = PipCommand {
        installer,
        requirements: Vec::new(),
        unnamed: Vec::new(),
        requirement_files: Vec::new(),
        constraint_files: Vec::new(),
        options: Vec::new(),
        upgrade: false,
        no_deps: false,
        errors: Vec::new(),
        span: Span::new(words.get(program)?.span.start, last),
    };
    command.read(words.get(arguments..)?);
    Some(command)
}

/// Whether a word ends a command or sends its output elsewhere.
fn ends_command(word: &str) -> bool {
    let redirects = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
    matches!(word, "&&" | "||" | ";" | "|" | "&") || matches!(redirects, ">" | ">>" | ">&1" | ">/dev/null" | "<")
}

/// The installer, the index of its program's word, and that of its first argument.
fn installer(words: &[Argument]) -> Option<(Installer, usize, usize)> {
    let word = |at: usize| words.get(at).map_or("", |word| word.value.as_str());
    let mut at = 0;
    while is_prefix(word(at)) {
        at += 1;
    }
    let program = at;
    let name = word(at).rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let pip_at = if is_versioned(name, "python") || name == "py" {
        at += 1;
        while word(at).starts_with('-') && word(at) != "-m" {
            at += 1;
        }
        if word(at) != "-m" || !matches!(word(at + 1), "pip" | "uv" | "pipx") {
            return None;
        }
        at + 1
    } else {
        at
    };
    let name = if pip_at == program { name } else { word(pip_at) };
    let mut at = pip_at + 1;
    let skip_options = |at: &mut usize| {
        while word(*at).starts_with('-') {
            *at += if WITH_VALUE.contains(&word(*at)) { 2 } else { 1 };
        }
    };
    skip_options(&mut at);
    let installer = if is_versioned(name, "pip") {
        (word(at) == "install").then_some(Installer::Pip)
    } else if name == "pipx" {
        (word(at) == "install").then_some(Installer::Pipx)
    } else if name == "uv" {
        let group = word(at);
        if group == "add" {
            Some(Installer::UvAdd)
        } else {
            at += 1;
            skip_options(&mut at);
            match (group, word(at)) {
                ("pip", "install" | "sync") => Some(Installer::UvPip),
                ("tool", "install") => Some(Installer::UvTool),
                _ => None,
            }
        }
    } else {
        None
    };
    installer.map(|installer| {
        // `uv pip sync FILE` takes files as if after `-r`: the reader sees the word `sync` first.
        let arguments = if word(at) == "sync" { at } else { at + 1 };
        (installer, program, arguments)
    })
}

/// Whether a word stands before a command without being it: `VAR=value`, `sudo`, ….
fn is_prefix(word: &str) -> bool {
    let assignment = word
        .split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    assignment || matches!(word, "sudo" | "exec" | "time" | "env" | "command" | "nohup" | "-E" | "-H" | "!" | "then")
}

/// Whether `name` is `program`, perhaps with a version behind it: `pip3.11`.
fn is_versioned(name: &str, program: &str) -> bool {
    name.strip_prefix(program).is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

impl PipCommand {
    fn read(&mut self, words: &[Argument]) {
        let mut words = words.iter();
        let is_sync = words.as_slice().first().is_some_and(|word| word.value == "sync");
        if is_sync {
            words.next();
        }
        let mut only_operands = false;
        while let Some(word) = words.next() {
            let text = word.value.as_str();
            if only_operands || !text.starts_with('-') || text == "-" {
                if is_sync {
                    self.requirement_files.push(word.spanned())
                } else {
                    self.operand(word, false, word.span)
                }
                continue;
            }
            if text == "--" {
                only_operands = true;
                continue;
            }
            let (name, attached) = split_option(word);
            let takes_value = WITH_VALUE.contains(&name)
                || matches!(name, "-r" | "--requirement" | "--requirements" | "-c" | "--constraint" | "--constraints")
                || matches!(name, "-e" | "--editable") && !(self.installer == Installer::UvAdd);
            let value = match attached {
                Some(attached) => Some(attached),
                None if takes_value => words.next().cloned(),
                None => None,
            };
            let span = Span::new(word.span.start, value.as_ref().map_or(word.span.end, |value| value.span.end));
            match (name, value) {
                ("-r" | "--requirement" | "--requirements", Some(value)) => {
                    self.requirement_files.push(value.spanned())
                }
                ("-c" | "--constraint" | "--constraints", Some(value)) => self.constraint_files.push(value.spanned()),
                ("-e" | "--editable", Some(value)) => self.operand(&value, true, span),
                ("-U" | "--upgrade", None) => self.upgrade = true,
                ("--no-deps", None) => self.no_deps = true,
                (name, value) => {
                    let value = value.map(|value| value.spanned());
                    self.options.push(CommandOption { name: name.to_owned(), value, span });
                }
            }
        }
    }

    /// A word that names what to install.
    fn operand(&mut self, word: &Argument, editable: bool, span: Span) {
        // What a variable holds alone is not to be known here.
        if word.value.starts_with(['$', '`']) || word.value.is_empty() {
            return;
        }
        match parse_requirement(&word.value, &word.origin) {
            Ok(ParsedRequirement::Named(read)) => {
                self.requirements.push(Requirement { editable, span, ..read });
            }
            Ok(ParsedRequirement::Unnamed(read)) => self.unnamed.push(UnnamedRequirement { editable, span, ..read }),
            Err(error) if word.value.contains('$') => drop(error),
            Err(error) => self.errors.push(error),
        }
    }
}

/// An option's name, and a value that is attached to it.
fn split_option(word: &Argument) -> (&str, Option<Argument>) {
    let text = word.value.as_str();
    let at = if text.starts_with("--") {
        text.find('=').map(|at| (at, at + 1))
    } else {
        let with_value = ["-r", "-c", "-e", "-i", "-f", "-t"].iter().any(|short| text.starts_with(short));
        (with_value && text.len() > 2).then_some((2, 2))
    };
    let Some((name_end, value_start)) = at else { return (text, None) };
    let (Some(name), Some(value)) = (text.get(..name_end), text.get(value_start..)) else { return (text, None) };
    let span = word.origin.span(value_start, text.len());
    let origin = TextOrigin::word(value, span);
    (name, Some(Argument { value: value.to_owned(), span, origin }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::text_map::TextMap;

    /// Splits at blanks and removes double quotes around whole words.
    fn words(line: &str) -> Vec<Spanned<String>> {
        line.split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| {
                let start = word.as_ptr() as usize - line.as_ptr() as usize;
                Spanned::new(word.trim_matches('"').to_owned(), Span::new(start, start + word.len()))
            })
            .collect()
    }

    fn parse(line: &str) -> Option<PipCommand> {
        parse_pip_command(&words(line))
    }

    #[test]
    fn escapes_inside_a_word_are_followed() {
        // The file reads `pip install fl\ask\>=2` from offset 0.
        let mut map = TextMap::shift(12);
        map.push(2, 15);
        map.push(5, 19);
        let word = |text: &str, span: Span, map: TextMap| Word::literal(text, span, map);
        let words = [
            word("pip", Span::new(0, 3), TextMap::shift(0)),
            word("install", Span::new(4, 11), TextMap::shift(4)),
            word("flask>=2", Span::new(12, 22), map),
        ];
        let command = parse_pip_words(&words).unwrap();
        assert_eq!(command.requirements[0].specifier_span.unwrap(), Span::new(19, 22));
        assert_eq!(command.requirements[0].name.span, Span::new(12, 18));
    }

    #[test]
    fn installation_commands_are_recognised() {
        for (line, installer, packages) in [
            ("pip install flask", Installer::Pip, "flask"),
            ("sudo -H pip3.11 --no-cache-dir install -U \"gradio>=4,<5\" torch==2.1", Installer::Pip, "gradio torch"),
            ("FOO=1 /opt/venv/bin/python3 -u -m pip install flask && rm -r x", Installer::Pip, "flask"),
            ("uv pip install --system --python 3.11 flask", Installer::UvPip, "flask"),
            ("uv add --dev pytest", Installer::UvAdd, "pytest"),
            ("uv tool install ruff", Installer::UvTool, "ruff"),
            ("pipx install poetry==1.8", Installer::Pipx, "poetry"),
            ("python -m pip install --upgrade pip", Installer::Pip, "pip"),
            ("pip install -q --index-url https://x torch $EXTRA ${MORE} a==$V", Installer::Pip, "torch a"),
            ("pip install flask > log", Installer::Pip, "flask"),
            ("pip install flask 2>&1", Installer::Pip, "flask"),
        ] {
            let command = parse(line).unwrap_or_else(|| panic!("{line}"));
            let names: Vec<_> = command.requirements.iter().map(|read| read.name.value.to_string()).collect();
            assert_eq!((command.installer, names.join(" ").as_str()), (installer, packages), "{line}");
            assert_eq!(command.errors, [], "{line}");
        }
        for line in
            ["pip list", "pip download x", "python app.py", "uv sync", "echo pip install x", "", "python -m venv"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn parts_know_their_places() {
        let line = "pip install -r requirements.txt -rdev.txt --constraint=c.txt -e .[dev] --no-deps \"a >1\" -i https://x b=1";
        let command = parse(line).unwrap();
        let places: Vec<_> = command.requirement_files.iter().map(|file| file.span.of(line)).collect();
        assert_eq!(places, ["requirements.txt", "dev.txt"]);
        assert_eq!(command.constraint_files[0].span.of(line), "c.txt");
        assert_eq!(command.unnamed[0].span.of(line), "-e .[dev]");
        assert!(command.unnamed[0].editable && command.no_deps && !command.upgrade);
        assert_eq!(command.options[0].span.of(line), "-i https://x");
        assert_eq!(command.errors.last().unwrap().span.of(line), "=1");
        let quoted = parse("uv add \"flask>=2\"").unwrap();
        assert_eq!(quoted.requirements[0].specifier_span.unwrap(), Span::new(13, 16));
        assert_eq!(parse("uv pip sync requirements.txt").unwrap().requirement_files.len(), 1);
    }

    proptest! {
        #[test]
        fn any_words_are_read_with_valid_spans(
            line in "(pip install |python -m pip |uv add |-r|-e |--é=|\\PC{0,5}|\"a>=1\"|\"\"| |\\$X|> ){0,8}"
        ) {
            if let Some(command) = parse(&line) {
                let options = command.options.iter().map(|option| option.span);
                let spans = command.requirements.iter().map(|read| read.span).chain(options);
                for span in spans.chain(command.errors.iter().map(|error| error.span)) {
                    prop_assert!(line.get(span.start..span.end).is_some(), "{span:?}");
                }
            }
        }
    }
}
