//! From the parser's instructions to stages.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use parse_dockerfile as raw;
use regex::Regex;

use super::expand::expand;
use super::heredoc;
use super::pairs::{self, RawWord};
use super::script::Reader;
use super::{Argument, Base, Copy, Dockerfile, DockerfileError, ExposedPort, Instruction, InstructionKind, Stage};
use crate::diagnostic::{Span, Spanned};
use crate::formats::image::ImageReference;
use crate::repo::Source;

/// Reads a Dockerfile.
pub(super) fn dockerfile(source: &Source) -> Result<Dockerfile, DockerfileError> {
    let text = source.text();
    let escape = heredoc::escape_directive(text);
    let (masked, heredocs) = heredoc::mask(text, escape)?;
    let masked = without_empty_lists(&masked);
    let parsed = raw::parse(&masked).map_err(|error| DockerfileError {
        message: reason(&error),
        span: source.line_span(error.line()).unwrap_or_else(|| Span::at(text.len())),
    })?;
    let directives = &parsed.parser_directives;
    let mut reader = Reader { text, heredocs, escape, posix_shell: true };
    let syntax = directives
        .syntax
        .as_ref()
        .map(|directive| Spanned::new(directive.value.value.to_owned(), reader.span(&directive.value.span)));
    let mut file = Dockerfile {
        syntax,
        escape,
        global_args: Vec::new(),
        stages: Vec::new(),
        global_defaults: HashMap::new(),
        stage_indexes: HashMap::new(),
    };
    for instruction in &parsed.instructions {
        if let raw::Instruction::From(from) = instruction {
            reader.posix_shell = !is_windows(from.image.value.as_ref());
            if file.stages.is_empty() {
                file.global_defaults = global_defaults(&file.global_args, escape);
            }
            let stage = stage(&file, from, &reader);
            if let Some(name) = &stage.name {
                file.stage_indexes.entry(name.value.to_ascii_lowercase()).or_insert(stage.index);
            }
            file.stages.push(stage);
            continue;
        }
        let instruction = convert(instruction, &mut reader, false);
        match (file.stages.last_mut(), instruction.kind) {
            (Some(stage), kind) => stage.instructions.push(Instruction { kind, ..instruction }),
            (None, InstructionKind::Arg(arguments)) => file.global_args.extend(arguments),
            (None, _) => {}
        }
    }
    Ok(file)
}

/// The text with `ENTRYPOINT []` and `CMD []`, which Docker takes and the parser does not, made comments of their length.
fn without_empty_lists(text: &str) -> Cow<'_, str> {
    static EMPTY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?im)^([ \t]*)[EC](NTRYPOINT|MD)([ \t]*\[[ \t]*\][ \t]*\r?)$").ok());
    EMPTY.as_ref().map_or(Cow::Borrowed(text), |empty| empty.replace_all(text, "${1}#${2}${3}"))
}

/// The parser's message without the place, which the span tells.
fn reason(error: &raw::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => message,
    }
}

fn is_windows(image: &str) -> bool {
    ["windows/", "windowsservercore", "nanoserver"].iter().any(|part| image.contains(part))
}

fn stage(file: &Dockerfile, from: &raw::FromInstruction<'_>, reader: &Reader<'_>) -> Stage {
    let image = unescaped(&from.image, reader);
    let resolved_image = expand(&image.value, file.escape, &|name| file.global_defaults.get(name).cloned().flatten());
    let base = match resolved_image.as_deref() {
        None => Base::Unknown,
        Some("scratch") => Base::Scratch,
        Some(image) => match file.stage_indexes.get(&image.to_ascii_lowercase()) {
            Some(&index) => Base::Stage(index),
            None => ImageReference::parse(image).map_or(Base::Unknown, Base::External),
        },
    };
    let name = from.as_.as_ref().map(|(_, name)| unescaped(name, reader));
    let platform = from
        .options
        .iter()
        .find(|flag| flag.name.value == "platform")
        .and_then(|flag| flag.value.as_ref())
        .map(|value| unescaped(value, reader));
    let start = reader.span(&from.from.span);
    let end = name.as_ref().map_or(image.span.end, |name| name.span.end);
    Stage {
        index: file.stages.len(),
        name,
        image,
        resolved_image,
        base,
        platform,
        instructions: Vec::new(),
        span: Span::new(start.start, end),
    }
}

/// The values of the `ARG`s before the first `FROM`; each may use those before it.
fn global_defaults(arguments: &[Argument], escape: char) -> HashMap<String, Option<String>> {
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    for argument in arguments {
        let lookup = |name: &str| known.get(name).cloned().flatten();
        let value = argument.default.as_ref().and_then(|default| expand(&default.value, escape, &lookup));
        known.insert(argument.name.value.clone(), value);
    }
    known
}

fn unescaped(string: &raw::UnescapedString<'_>, reader: &Reader<'_>) -> Spanned<String> {
    let value = string.value.as_ref();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    Spanned::new(unquoted.to_owned(), reader.span(&string.span))
}

fn convert(instruction: &raw::Instruction<'_>, reader: &mut Reader<'_>, on_build: bool) -> Instruction {
    use raw::Instruction as Raw;
    let (keyword, end, kind) = match instruction {
        Raw::Run(run) => {
            let line = reader.run(run);
            (&run.run, line.span.end, InstructionKind::Run(line))
        }
        Raw::Cmd(cmd) => {
            let line = reader.command_line(&cmd.arguments);
            (&cmd.cmd, line.span.end, InstructionKind::Cmd(line))
        }
        Raw::Entrypoint(entrypoint) => {
            let line = reader.command_line(&entrypoint.arguments);
            (&entrypoint.entrypoint, line.span.end, InstructionKind::Entrypoint(line))
        }
        Raw::Healthcheck(check) => match &check.arguments {
            raw::HealthcheckArguments::Cmd { arguments, .. } => {
                let line = reader.command_line(arguments);
                (&check.healthcheck, line.span.end, InstructionKind::Healthcheck(Some(line)))
            }
            raw::HealthcheckArguments::None { none, .. } => {
                (&check.healthcheck, none.span.end, InstructionKind::Healthcheck(None))
            }
            _ => (&check.healthcheck, check.healthcheck.span.end, InstructionKind::Other),
        },
        Raw::Copy(copy) => {
            let converted = copied(&copy.options, &copy.src, &copy.dest, reader);
            (&copy.copy, copy.dest.span.end, InstructionKind::Copy(converted))
        }
        Raw::Add(add) => {
            let converted = copied(&add.options, &add.src, &add.dest, reader);
            (&add.add, add.dest.span.end, InstructionKind::Add(converted))
        }
        Raw::Env(env) => {
            let span = reader.span(&env.arguments.span);
            (&env.env, span.end, InstructionKind::Env(settings(span, reader)))
        }
        Raw::Label(label) => {
            let span = reader.span(&label.arguments.span);
            (&label.label, span.end, InstructionKind::Label(settings(span, reader)))
        }
        Raw::Arg(arg) => {
            let span = reader.span(&arg.arguments.span);
            let arguments = pairs::words(reader.text, span, reader.escape).into_iter().map(RawWord::split);
            let arguments = arguments.map(|(name, default)| Argument { name, default }).collect();
            (&arg.arg, span.end, InstructionKind::Arg(arguments))
        }
        Raw::Expose(expose) => {
            let ports: Vec<_> = expose.arguments.iter().map(|port| exposed(unescaped(port, reader))).collect();
            let end = ports.last().map_or(expose.expose.span.end, |port| port.text.span.end);
            (&expose.expose, end, InstructionKind::Expose(ports))
        }
        Raw::Workdir(workdir) => {
            let path = unescaped(&workdir.arguments, reader);
            (&workdir.workdir, path.span.end, InstructionKind::Workdir(path))
        }
        Raw::User(user) => {
            let name = unescaped(&user.arguments, reader);
            (&user.user, name.span.end, InstructionKind::User(name))
        }
        Raw::Volume(volume) => {
            let strings = match &volume.arguments {
                raw::JsonOrStringArray::Json(strings) => strings.value.as_slice(),
                raw::JsonOrStringArray::String(strings) => strings.as_slice(),
            };
            let paths: Vec<_> = strings.iter().map(|path| unescaped(path, reader)).collect();
            let end = paths.last().map_or(volume.volume.span.end, |path| path.span.end);
            (&volume.volume, end, InstructionKind::Volume(paths))
        }
        Raw::Shell(shell) => {
            let words: Vec<_> = shell.arguments.iter().map(|word| unescaped(word, reader)).collect();
            reader.posix_shell = words.first().is_none_or(|program| {
                let name = program.value.rsplit(['/', '\\']).next().unwrap_or("");
                name.ends_with("sh") && !matches!(name, "pwsh" | "fish" | "csh" | "tcsh")
            });
            let end = words.last().map_or(shell.shell.span.end, |word| word.span.end);
            (&shell.shell, end, InstructionKind::Shell(words))
        }
        Raw::Onbuild(onbuild) => {
            let inner = convert(&onbuild.instruction, reader, true);
            let start = reader.span(&onbuild.onbuild.span).start;
            return Instruction { span: Span::new(start, inner.span.end), ..inner };
        }
        Raw::Stopsignal(signal) => (&signal.stopsignal, signal.arguments.span.end, InstructionKind::Other),
        Raw::Maintainer(maintainer) => (&maintainer.maintainer, maintainer.name.span.end, InstructionKind::Other),
        Raw::From(from) => (&from.from, from.image.span.end, InstructionKind::Other),
        _ => return Instruction { span: Span::default(), on_build, kind: InstructionKind::Other },
    };
    let span = reader.span(&(keyword.span.start..end.max(keyword.span.end)));
    Instruction { span, on_build, kind }
}

fn copied(
    options: &[raw::Flag<'_>],
    sources: &[raw::Source<'_>],
    destination: &raw::UnescapedString<'_>,
    reader: &Reader<'_>,
) -> Copy {
    let flags: Vec<_> = options
        .iter()
        .map(|flag| (unescaped(&flag.name, reader), flag.value.as_ref().map(|value| unescaped(value, reader))))
        .collect();
    let from = flags.iter().find(|(name, _)| name.value == "from").and_then(|(_, value)| value.clone());
    let paths = sources.iter().filter_map(|source| match source {
        raw::Source::Path(path) => Some(unescaped(path, reader)),
        _ => None,
    });
    Copy {
        sources: paths.collect(),
        destination: unescaped(destination, reader),
        from,
        flags,
        has_heredoc: sources.iter().any(|source| matches!(source, raw::Source::HereDoc(_))),
    }
}

/// `name=value …`, or the old form `name value`.
fn settings(span: Span, reader: &Reader<'_>) -> Vec<(Spanned<String>, Spanned<String>)> {
    let source = span.of(reader.text);
    let first = source.split(char::is_whitespace).next().unwrap_or("");
    if !first.contains('=') {
        return pairs::name_and_rest(reader.text, span, reader.escape).into_iter().collect();
    }
    let words = pairs::words(reader.text, span, reader.escape).into_iter().map(RawWord::split);
    words.filter_map(|(name, value)| Some((name, value?))).collect()
}

fn exposed(text: Spanned<String>) -> ExposedPort {
    let (port, protocol) = text.value.split_once('/').unwrap_or((&text.value, "tcp"));
    ExposedPort { port: port.parse().ok(), protocol: protocol.to_ascii_lowercase(), text }
}
