//! What a command runs once the programs are taken off that only run another: `exec`, `sudo`, `poetry run`, `sh -c`, …

use super::{Assignment, Command, Word, commands_in};
use crate::diagnostic::{Span, Spanned};
use crate::formats::text_map::TextMap;

/// How deep `sh -c` may nest.
const MAX_SHELLS: usize = 4;

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The program as written; for `python -m module` the interpreter.
    pub program: Word,
    /// The module, for `python -m module`.
    pub module: Option<Word>,
    /// What follows the program or the module.
    pub arguments: Vec<Word>,
    /// Variables set for it, by the shell or by `env`.
    pub assignments: Vec<Assignment>,
    /// The names of the programs taken off, outermost first: `exec`, `poetry run`, `sh -c`.
    pub wrappers: Vec<String>,
    /// From the program to its last argument.
    pub span: Span,
}

impl Invocation {
    /// The module of `python -m`, else the program's file name without `.exe`.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.module {
            Some(module) => &module.text,
            None => base_name(&self.program.text),
        }
    }

    /// Whether the program is a Python interpreter, under whatever version's name.
    #[must_use]
    pub fn is_python(&self) -> bool {
        is_python(&self.program.text)
    }

    /// The script of `python [options] script.py`, with the script's own arguments after it.
    #[must_use]
    pub fn python_script(&self) -> Option<(&Word, &[Word])> {
        if !self.is_python() || self.module.is_some() {
            return None;
        }
        let mut rest = self.arguments.as_slice();
        loop {
            let (word, after) = rest.split_first()?;
            match word.text.as_str() {
                "-c" | "-" => return None,
                "-W" | "-X" => rest = after.get(1..)?,
                option if option.starts_with('-') => rest = after,
                _ => return Some((word, after)),
            }
        }
    }

    /// The value of the option that has one of `names` (`--host`, `-b`), written as `--host x`, `--host=x`, `-b x` or
    /// `-bx`. The last one where it is given more than once, as the usual parsers take it.
    #[must_use]
    pub fn flag(&self, names: &[&str]) -> Option<Word> {
        self.options(names).last().flatten()
    }

    /// The values of an option that may be given more than once, such as gunicorn's `--bind`.
    #[must_use]
    pub fn flags(&self, names: &[&str]) -> Vec<Word> {
        self.options(names).flatten().collect()
    }

    /// Whether an option with one of `names` is given, with or without a value.
    #[must_use]
    pub fn has_flag(&self, names: &[&str]) -> bool {
        self.options(names).next().is_some()
    }

    /// Each option that has one of `names`, with its value; an option's own value is not looked at again.
    fn options<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = Option<Word>> + 'a {
        let mut index = 0;
        std::iter::from_fn(move || {
            while let Some(word) = self.arguments.get(index) {
                index += 1;
                if word.text == "--" {
                    index = self.arguments.len();
                    return None;
                }
                for name in names {
                    let Some(rest) = word.text.strip_prefix(name) else { continue };
                    if rest.is_empty() {
                        // The value may begin with `-` only where it is a number or a lone dash.
                        let value = self.arguments.get(index).filter(|next| {
                            let after = next.text.strip_prefix('-');
                            after
                                .is_none_or(|after| after.is_empty() || after.starts_with(|c: char| c.is_ascii_digit()))
                        });
                        index += usize::from(value.is_some());
                        return Some(value.cloned());
                    }
                    let length = name.len() + usize::from(rest.starts_with('='));
                    let is_short = !name.starts_with("--") && name.len() == 2;
                    if rest.starts_with('=') || is_short {
                        return Some(word.suffix(length));
                    }
                }
            }
            None
        })
    }
}

/// The last program that a command runs; for `sh -c "a && b"` that is `b`.
#[must_use]
pub fn program(command: &Command) -> Option<Invocation> {
    invocations(command).pop()
}

/// The programs that a command runs: one, except for `sh -c "…"`, whose text is read as commands of its own.
#[must_use]
pub fn invocations(command: &Command) -> Vec<Invocation> {
    let mut found = Vec::new();
    collect(command, Vec::new(), &[], 0, &mut found);
    found
}

fn collect(
    command: &Command,
    mut wrappers: Vec<String>,
    assignments: &[Assignment],
    depth: usize,
    found: &mut Vec<Invocation>,
) {
    let mut assignments = [assignments, &command.assignments].concat();
    let mut words = command.words.as_slice();
    while let Some((name, rest)) = unwrap(words, &mut assignments) {
        wrappers.push(name);
        words = rest;
    }
    let Some((program, arguments)) = words.split_first() else { return };
    if depth < MAX_SHELLS
        && is_shell(&program.text)
        && let Some(script) = inline_script(arguments)
    {
        wrappers.push(format!("{} -c", base_name(&program.text)));
        for inner in commands_in(&script.text, &script.map) {
            collect(&inner, wrappers.clone(), &assignments, depth + 1, found);
        }
        return;
    }
    let (module, arguments) = match python_module(program, arguments) {
        Some((module, rest)) => (Some(module), rest),
        None => (None, arguments.to_vec()),
    };
    let end = words.last().map_or(program.span.end, |word| word.span.end);
    found.push(Invocation {
        program: program.clone(),
        module,
        arguments,
        assignments,
        wrappers,
        span: Span::new(program.span.start, end),
    });
}

/// Takes off one program that only runs another: its name and the words that it runs.
fn unwrap<'a>(words: &'a [Word], assignments: &mut Vec<Assignment>) -> Option<(String, &'a [Word])> {
    let (first, rest) = words.split_first()?;
    let name = base_name(&first.text);
    let rest = match name {
        "exec" => skip_options(rest, &["-a"]),
        "command" => {
            if rest.first().is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V")) {
                return None;
            }
            skip_options(rest, &[])
        }
        "nohup" | "time" | "setsid" | "winpty" | "builtin" => skip_options(rest, &["-f", "-o"]),
        "sudo" | "doas" => skip_options(rest, &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U"]),
        "nice" => skip_options(rest, &["-n"]),
        "ionice" => skip_options(rest, &["-c", "-n"]),
        "stdbuf" => skip_options(rest, &["-i", "-o", "-e"]),
        "timeout" => skip_options(rest, &["-k", "-s", "--signal", "--kill-after"]).get(1..)?,
        "tini" | "tini-static" => skip_options(rest, &["-p", "-e"]),
        "dumb-init" => skip_options(rest, &["-r", "--rewrite"]),
        "catatonit" => skip_options(rest, &[]),
        "gosu" | "su-exec" => rest.get(1..)?,
        "runuser" | "setpriv" => {
            let rest = skip_options(rest, &["-u", "--user", "--reuid", "--regid", "-g"]);
            if rest.len() == words.len() - 1 { return None } else { rest }
        }
        "xvfb-run" => skip_options(rest, &["-n", "-s", "-e", "-f", "-p", "--server-num", "--server-args"]),
        "opentelemetry-instrument" | "ddtrace-run" => skip_options(rest, &[]),
        "newrelic-admin" if rest.first()?.text == "run-program" => rest.get(1..)?,
        "doppler" if rest.first()?.text == "run" => skip_options(rest.get(1..)?, &["-t", "-p", "-c"]),
        "env" => {
            let mut rest = skip_options(rest, &["-u", "-C", "-S", "--unset", "--chdir"]);
            while let Some((word, after)) = rest.split_first() {
                let Some((name, _)) = word.text.split_once('=') else { break };
                let value = word.suffix(name.len() + 1)?;
                let name = Spanned::new(name.to_owned(), word.map.span(Span::new(0, name.len())));
                assignments.push(Assignment { name, value });
                rest = after;
            }
            rest
        }
        "poetry" | "pipenv" | "pdm" | "hatch" | "uv" | "rye" | "pixi" | "conda" | "mamba" | "micromamba" => {
            let run = rest.iter().position(|word| !word.text.starts_with('-'))?;
            if rest.get(run)?.text != "run" {
                return None;
            }
            let rest = skip_options(rest.get(run + 1..)?, RUN_OPTIONS_WITH_VALUE);
            return (!rest.is_empty()).then(|| (format!("{name} run"), rest));
        }
        "uvx" => skip_options(rest, RUN_OPTIONS_WITH_VALUE),
        _ => return None,
    };
    (!rest.is_empty()).then(|| (name.to_owned(), rest))
}

/// Options of `uv run`, `conda run` and their like that take a value of their own.
const RUN_OPTIONS_WITH_VALUE: &[&str] = &[
    "--with",
    "--with-requirements",
    "--with-editable",
    "--extra",
    "--group",
    "--only-group",
    "--no-group",
    "--no-extra",
    "--python",
    "--project",
    "--directory",
    "--package",
    "--env-file",
    "--index",
    "--index-url",
    "--default-index",
    "--extra-index-url",
    "--from",
    "--name",
    "--prefix",
    "--env",
    "--environment",
    "--manifest-path",
    "-p",
    "-n",
    "-e",
    "-w",
    "-C",
];

/// The words after options; an option of `with_value` takes the word after it along.
fn skip_options<'a>(words: &'a [Word], with_value: &[&str]) -> &'a [Word] {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        if word.text == "--" {
            return after;
        }
        if !word.text.starts_with('-') || word.text == "-" {
            return rest;
        }
        rest = if with_value.contains(&word.text.as_str()) { after.get(1..).unwrap_or(&[]) } else { after };
    }
    rest
}

/// The text of `sh -c text`.
fn inline_script(arguments: &[Word]) -> Option<&Word> {
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        if letters.ends_with('c') {
            return arguments.next();
        }
        if letters.ends_with('o') {
            arguments.next();
        }
    }
    None
}

/// The module of `python [options] -m module` and the words after it.
fn python_module(program: &Word, arguments: &[Word]) -> Option<(Word, Vec<Word>)> {
    if !is_python(&program.text) {
        return None;
    }
    let mut rest = arguments;
    loop {
        let (word, after) = rest.split_first()?;
        let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        match letters {
            "W" | "X" => rest = after.get(1..)?,
            "c" | "" => return None,
            _ if letters.ends_with('m') && letters.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                let (module, after) = after.split_first()?;
                return Some((module.clone(), after.to_vec()));
            }
            _ if letters.starts_with('m') => return Some((word.suffix(2)?, after.to_vec())),
            _ => rest = after,
        }
    }
}

fn base_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn is_shell(program: &str) -> bool {
    matches!(base_name(program), "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
}

fn is_python(program: &str) -> bool {
    let name = base_name(program);
    ["python", "pypy"]
        .into_iter()
        .filter_map(|prefix| name.strip_prefix(prefix))
        .any(|version| version.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b't' | b'w')))
        || name == "py"
}

/// The word of `text` as a shell started with `-c` would get it: a synthetic one, which stands where the text does.
pub(crate) fn shell_words(text: &str, span: Span, map: &TextMap) -> [Word; 3] {
    let at = TextMap::shift(span.start);
    [
        Word::literal("/bin/sh", Span::at(span.start), at.clone()),
        Word::literal("-c", Span::at(span.start), at),
        Word::literal(text, span, map.clone()),
    ]
}
